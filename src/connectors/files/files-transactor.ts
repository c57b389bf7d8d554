import type { Commit, PartitionOffset, SealedBatch, TopicPartition, Transactor } from '../../core/log.ts';
import type { LineOutput } from './line-output.ts';

export interface OutputFiles {
  readonly outputs: ReadonlyMap<string, LineOutput>;
  /** Records of these topics are counted, not kept. */
  readonly dropped: Map<string, number>;
  /** Positions that were committed. */
  committed(offsets: readonly PartitionOffset[]): void;
}

/**
 * Lines are written after the log underneath has committed: then the outcome is certain, and a file never holds a line
 * of a commit that did not happen. When writing fails the job ends, because nobody would write those lines again.
 */
export class FilesTransactor implements Transactor {
  readonly id: string;
  readonly #transactor: Transactor;
  readonly #files: OutputFiles;
  #pending: SealedBatch[] = [];

  constructor(transactor: Transactor, files: OutputFiles) {
    this.id = transactor.id;
    this.#transactor = transactor;
    this.#files = files;
  }

  async append(outputs: readonly SealedBatch[]): Promise<void> {
    await this.#transactor.append(outputs.filter((output) => !this.#isOwn(output)));
    this.#pending.push(...outputs.filter((output) => this.#isOwn(output)));
  }

  async commit(commit: Commit): Promise<void> {
    const own = [...this.#pending, ...commit.outputs.filter((output) => this.#isOwn(output))];
    this.#pending = [];
    const outputs = commit.outputs.filter((output) => !this.#isOwn(output));
    await this.#transactor.commit({ ...commit, outputs });
    await this.#write(own);
    this.#files.committed(commit.offsets);
  }

  async abort(): Promise<void> {
    this.#pending = [];
    await this.#transactor.abort();
  }

  committed(group: string, partitions: readonly TopicPartition[]): Promise<readonly (number | undefined)[]> {
    return this.#transactor.committed(group, partitions);
  }

  async close(): Promise<void> {
    this.#pending = [];
    await this.#transactor.close();
  }

  #isOwn({ topic }: SealedBatch): boolean {
    return this.#files.outputs.has(topic) || this.#files.dropped.has(topic);
  }

  async #write(own: readonly SealedBatch[]): Promise<void> {
    const { outputs, dropped } = this.#files;
    const writes: Promise<void>[] = [];
    for (const topic of new Set(own.map((output) => output.topic))) {
      const batches = own.filter((output) => output.topic === topic);
      const output = outputs.get(topic);
      const before = dropped.get(topic) ?? 0;
      if (output !== undefined) writes.push(output.write(batches));
      else
        dropped.set(
          topic,
          batches.reduce((sum, { count }) => sum + count, before),
        );
    }
    await Promise.all(writes);
  }
}
