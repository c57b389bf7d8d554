import { readBatchHeader } from '../../core/batch-format.ts';

const stretchBytes = 4096;

/**
 * Where offsets are in a segment: one entry per 4 KiB, so that a read begins at most that far before what it wants.
 *
 *   segment   | batch 0-9 | batch 10-12 | batch 13-40 | batch 41-44 | ...
 *   entries   ^ offset 0, position 0, latest time     ^ offset 41, ...
 */
export class SegmentIndex {
  readonly #offsets: number[] = [];
  readonly #positions: number[] = [];
  readonly #maxTimestamps: number[] = [];
  #end = 0;

  /** Bytes that are indexed. */
  get end(): number {
    return this.#end;
  }

  /** Adds the whole batches of `chunk`, which lie behind what is indexed. */
  add(chunk: Buffer): void {
    for (let at = 0; ;) {
      const header = readBatchHeader(chunk, at, chunk.length, false);
      if (header === undefined) return;
      const last = this.#positions.length - 1;
      if (last < 0 || this.#end - this.#positions[last]! >= stretchBytes) {
        this.#offsets.push(header.baseOffset);
        this.#positions.push(this.#end);
        this.#maxTimestamps.push(header.maxTimestamp);
      } else {
        this.#maxTimestamps[last] = Math.max(this.#maxTimestamps[last]!, header.maxTimestamp);
      }
      at += header.bytes;
      this.#end += header.bytes;
    }
  }

  /** Position of a batch at or before the one that holds `offset`. */
  find(offset: number): number {
    let low = 0;
    let high = this.#offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#offsets[middle]! > offset) high = middle;
      else low = middle + 1;
    }
    return this.#positions[low - 1] ?? 0;
  }

  /** First offset of the first stretch that has a record at or after `timestamp`. */
  seek(timestamp: number): number | undefined {
    const index = this.#maxTimestamps.findIndex((time) => time >= timestamp);
    return this.#offsets[index];
  }
}
