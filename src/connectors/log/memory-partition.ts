import { assignOffsets, readBatchHeader } from '../../core/batch-format.ts';
import type { PartitionStore } from './log-storage.ts';

interface StoredBatch {
  readonly bytes: Buffer;
  /** Offset after its last record. */
  readonly next: number;
  readonly maxTimestamp: number;
  /** Wall time, ms: retention counts from here. */
  readonly writtenAt: number;
}

/** One partition as a list of batches. */
export class MemoryPartition implements PartitionStore {
  readonly topic: string;
  readonly partition: number;
  #start = 0;
  #end = 0;
  #batches: StoredBatch[] = [];

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  append(sealed: Buffer, writtenAt: number): void {
    this.#end = assignOffsets(sealed, this.#end);
    for (let at = 0; at < sealed.length;) {
      const { bytes, lastOffset, maxTimestamp } = readBatchHeader(sealed, at, sealed.length, false)!;
      this.#batches.push({ bytes: sealed.subarray(at, at + bytes), next: lastOffset + 1, maxTimestamp, writtenAt });
      at += bytes;
    }
  }

  async read(offset: number, maxBytes: number): Promise<Buffer> {
    const first = this.#indexOf(offset);
    let last = first + 1;
    let size = this.#batches[first]!.bytes.length;
    for (; last < this.#batches.length; last++) {
      size += this.#batches[last]!.bytes.length;
      if (size > maxBytes) break;
    }
    const batches = this.#batches.slice(first, last).map(({ bytes }) => bytes);
    return batches.length === 1 ? batches[0]! : Buffer.concat(batches);
  }

  async seek(timestamp: number): Promise<number> {
    const index = this.#batches.findIndex(({ maxTimestamp }) => maxTimestamp >= timestamp);
    if (index < 0) return this.#end;
    return Math.max(this.#start, this.#batches[index - 1]?.next ?? 0);
  }

  /** Where the partition would begin if batches older than a time were dropped. */
  retained(writtenSince: number): number {
    const kept = this.#batches.findIndex(({ writtenAt }) => writtenAt >= writtenSince);
    if (kept < 0) return this.#end;
    return Math.max(this.#start, this.#batches[kept - 1]?.next ?? 0);
  }

  deleteBefore(offset: number): void {
    this.#start = offset;
    this.#batches.splice(0, this.#indexOf(offset));
  }

  // Index of the batch that holds the offset.
  #indexOf(offset: number): number {
    let low = 0;
    let high = this.#batches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#batches[middle]!.next > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
