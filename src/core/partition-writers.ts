import { BatchWriter } from './batch-writer.ts';
import type { SealedBatch } from './log.ts';

/** A batch writer for each partition that is written to. */
export class PartitionWriters {
  readonly #writers = new Map<string, BatchWriter>();

  of(topic: string, partition: number): BatchWriter {
    const place = `${topic}/${String(partition)}`;
    let writer = this.#writers.get(place);
    if (writer === undefined) {
      writer = new BatchWriter(topic, partition);
      this.#writers.set(place, writer);
    }
    return writer;
  }

  /** What was written since the last call, of partitions with at least so many bytes. */
  seal(leastBytes = 0): readonly SealedBatch[] {
    return [...this.#writers.values()].flatMap((writer) =>
      writer.byteLength >= leastBytes ? (writer.seal() ?? []) : [],
    );
  }
}
