/** Commits as the embedded log does them: outputs, offsets and state rows in one atomic step. */
import type { Commit, SealedBatch, TopicPartition, Transactor } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { Host } from './host.ts';
import type { SimCluster } from './sim-cluster.ts';
import { changesOf } from './sim-disk.ts';
import type { ProducerEpoch } from './sim-transactions.ts';

export class EmbeddedTransactor implements Transactor {
  readonly id: string;
  readonly #host: Host;
  readonly #cluster: SimCluster;
  readonly #holder: ProducerEpoch;
  #early: SealedBatch[] = [];

  constructor(host: Host, cluster: SimCluster, holder: ProducerEpoch) {
    this.id = holder.id;
    this.#host = host;
    this.#cluster = cluster;
    this.#holder = holder;
  }

  append(outputs: readonly SealedBatch[]): Promise<void> {
    return this.#host.call('log.append', () => {
      this.#cluster.transactions.check(this.#holder);
      this.#early.push(...outputs.map((batch) => ({ ...batch, bytes: Buffer.from(batch.bytes) })));
    });
  }

  commit({ outputs, offsets, member, rows }: Commit): Promise<void> {
    const lost = (): StreamError =>
      new StreamError('COMMIT_FAILED', 'the answer to the commit was lost', { reaction: 'rollback' });
    const perform = (): void => {
      const { transactions, groups, disk } = this.#cluster;
      transactions.check(this.#holder);
      groups.check(member);
      for (const batch of [...this.#early.splice(0), ...outputs]) {
        this.#cluster.partition(batch).append(batch.bytes, undefined);
      }
      groups.store(member.group, offsets);
      disk?.write(changesOf([rows]), true);
    };
    return this.#host.call('log.commit', perform, { lost });
  }

  abort(): Promise<void> {
    return this.#host.call('log.abort', () => {
      this.#early = [];
    });
  }

  committed(group: string, partitions: readonly TopicPartition[]): Promise<readonly (number | undefined)[]> {
    return this.#host.call('log.committed', () => this.#cluster.groups.stableOffsets(group, partitions));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
