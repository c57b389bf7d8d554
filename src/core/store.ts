/**
 * The port to an ordered store of rows: sync point get, async ordered scan, async atomic batch. LevelDB implements it on
 * disk (state/leveldb), a sorted map in memory (state/memory); the embedded log commits through it.
 */
import type { RecordBatch } from './record-batch.ts';
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
  /**
   * Begins to fill ranges that have no rows with about so many, faster than `write` does. Each range is the beginning of
   * all keys in it, as `rangeOfRow` gives it. Nobody else uses the ranges until the load has ended. Rows of other ranges
   * may be among those that come. Undefined: there is no faster way. Absent: there never is.
   */
  load?(ranges: readonly string[], records: number): Promise<BulkLoad | undefined>;
  close(): Promise<void>;
}

/** Rows on their way into empty ranges. To be ended by `finish` or `abort`. */
export interface BulkLoad {
  /**
   * Takes the records of a batch as rows (without a value: deletions), later ones winning.
   * False: no more can be taken, and nothing of the batch was: `finish`, then `write`. Copies before it returns.
   */
  add(batch: RecordBatch): boolean;
  /** Resolves when `add` may be called again; fails when rows that were taken could not be kept. */
  room(): Promise<void>;
  /** The rows are there, atomically: before it resolves they may or may not be. */
  finish(): Promise<void>;
  /** The ranges are empty. */
  abort(): Promise<void>;
}

/** The smallest text that sorts after every text beginning with `prefix`. */
export function prefixEnd(prefix: string): string {
  return `${prefix}\u{10ffff}`;
}
