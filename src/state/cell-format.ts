import type { ByteReader } from '../core/byte-reader.ts';
import type { Key } from '../core/partitioner.ts';
import type { RowBatch } from '../core/row-batch.ts';
import type { Cell } from './cell.ts';

/** What differs between the kinds of keyed state: how a cell's value becomes rows, and how it is remembered and put back. */
export interface CellFormat {
  /** Key of the cell's own row. */
  rowKey(key: Key): string;
  /** Text of the key whose own row has this key part; undefined: a row of another kind. */
  ownerOf(part: string): string | undefined;
  decode(reader: ByteReader, key: Key): unknown;
  /** Appends the cell's rows and keeps `cell.stored` true to them. Returns how many values they hold. */
  encode(cell: Cell, rows: RowBatch): number;
  /** What `restore` needs to bring the cell back to what it is now. */
  capture(value: unknown): unknown;
  restore(captured: unknown): unknown;
  /** Fails when a row cannot hold what the value has beyond `captured`. */
  check(value: unknown, captured: unknown): void;
  /** A value of its own with the same content. */
  copy(value: unknown): unknown;
  /** Nothing is stored: the cell can go. */
  isEmpty(value: unknown): boolean;
  /** Frees parts of a value that is in use, or not `clean`; returns the number of entries freed. */
  trim(value: unknown, clean: boolean): number;
  /** Values held in memory, for the estimate. */
  weight(value: unknown): number;
  /** What an entry takes besides its value; undefined: a cell holds one value and nothing else. */
  readonly entryBytes: number | undefined;
}
