/**
 * Commits as Kafka does them: outputs partition by partition, then the group's offsets, then the end of the transaction,
 * each a request of its own; markers land later (sim-transactions.ts). An end whose answer is lost may have happened.
 */
import type { Commit, SealedBatch, TopicPartition, Transactor } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { Host } from './host.ts';
import type { SimCluster } from './sim-cluster.ts';
import type { ProducerEpoch } from './sim-transactions.ts';

export class KafkaTransactor implements Transactor {
  readonly id: string;
  readonly #host: Host;
  readonly #cluster: SimCluster;
  readonly #holder: ProducerEpoch;
  #queue: Promise<unknown> = Promise.resolve();
  #broken: unknown;

  constructor(host: Host, cluster: SimCluster, holder: ProducerEpoch) {
    this.id = holder.id;
    this.#host = host;
    this.#cluster = cluster;
    this.#holder = holder;
  }

  append(outputs: readonly SealedBatch[]): Promise<void> {
    return this.#inOrder(() => this.#send(outputs));
  }

  commit({ outputs, offsets, member }: Commit): Promise<void> {
    return this.#inOrder(async () => {
      const { transactions } = this.#cluster;
      await this.#send(outputs);
      await this.#host.call(
        'log.offsets',
        async () => {
          const transaction = await transactions.begin(this.#holder);
          transactions.offsets(this.#holder, transaction, member, offsets);
        },
        { lost: () => this.#lost('the offsets') },
      );
      await this.#host.call('log.end', () => transactions.end(this.#holder, 'committed'), {
        lost: () => this.#lost('the end of the transaction'),
      });
    });
  }

  async abort(): Promise<void> {
    await this.#queue.catch(() => undefined); // what failed is what is given up here
    await this.#host.call('log.abort', () => this.#cluster.transactions.end(this.#holder, 'aborted'));
    this.#broken = undefined;
  }

  committed(group: string, partitions: readonly TopicPartition[]): Promise<readonly (number | undefined)[]> {
    return this.#host.call('log.committed', () => this.#cluster.groups.stableOffsets(group, partitions));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  // One request of a partition after the other; partitions beside each other.
  async #send(outputs: readonly SealedBatch[]): Promise<void> {
    const byPartition = new Map<string, SealedBatch[]>();
    for (const batch of outputs) {
      const place = `${batch.topic}/${batch.partition}`;
      const batches = byPartition.get(place);
      if (batches === undefined) byPartition.set(place, [batch]);
      else batches.push(batch);
    }
    await Promise.all(
      [...byPartition.values()].map(async (batches) => {
        for (const batch of batches) await this.#append(batch);
      }),
    );
  }

  #append(batch: SealedBatch): Promise<void> {
    const { transactions } = this.#cluster;
    return this.#host.call(
      'log.append',
      async () => {
        const transaction = await transactions.begin(this.#holder);
        transactions.append(this.#holder, transaction, this.#cluster.partition(batch), batch.bytes);
      },
      { lost: () => this.#lost(`records of ${batch.topic}`) },
    );
  }

  // After a failure nothing more may be added: only `abort` or a new holder resolves what is open.
  #inOrder(work: () => Promise<void>): Promise<void> {
    const run = this.#queue.then(async () => {
      if (this.#broken !== undefined) throw this.#lost('an earlier request');
      try {
        await work();
      } catch (error) {
        this.#broken = error;
        throw error;
      }
    });
    this.#queue = run.catch(() => undefined); // the caller got the failure; what follows sees #broken
    return run;
  }

  #lost(what: string): StreamError {
    return new StreamError('COMMIT_FAILED', `the answer to ${what} was lost`, { reaction: 'rollback' });
  }
}
