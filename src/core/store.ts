/**
 * The port to an ordered store of rows: sync point get, async ordered scan, async atomic batch. LevelDB implements it on
 * disk (state/leveldb), a sorted map in memory (state/memory); the embedded log commits through it.
 */
import type { RowBatch } from './row-batch.ts';

export interface ScanRange {
  /** First key, inclusive. */
  readonly from: string;
  /** Last key, exclusive. */
  readonly to: string;
  readonly limit?: number;
}

export interface Row {
  readonly key: string;
  /** Owned by the caller. */
  readonly value: Buffer;
}

export interface Store {
  /** The value of a row; undefined when there is none. Blocks the thread: for cache misses only. */
  get(key: string): Buffer | undefined;
  /** Rows in ascending order of key bytes, in chunks; sees a consistent snapshot. */
  scan(range: ScanRange, signal?: AbortSignal): AsyncIterable<readonly Row[]>;
  /** Writes all rows of all batches atomically, later batches winning. `sync`: wait until the disk has them. */
  write(batches: readonly RowBatch[], options?: { readonly sync?: boolean }): Promise<void>;
  /** Deletes a range in the background-friendly way of the backend. Not atomic with anything. */
  deleteRange(range: ScanRange): Promise<void>;
  /** Approximate bytes on disk (or in memory) of a range. */
  size(range: ScanRange): Promise<number>;
  close(): Promise<void>;
}

/** The smallest text that sorts after every text beginning with `prefix`. */
export function prefixEnd(prefix: string): string {
  return `${prefix}\u{10ffff}`;
}
