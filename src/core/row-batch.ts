import { ByteWriter } from './byte-writer.ts';
import type { Key } from './partitioner.ts';
import type { RecordBatch } from './record-batch.ts';

/**
 * Changes to a store: rows to put and rows to delete, keys and values each packed into one buffer, with no object per row.
 * Row keys are text, kept as UTF-8; see state/row-keys.ts for their layout. A later change of a key in the same batch wins.
 */
export class RowBatch {
  /** The keys, one behind the other. */
  readonly keys: ByteWriter;
  /** End of key i in `keys.buffer`; it begins where the one before ends. */
  readonly keyEnds: number[] = [];
  /** Start and end of value i in `values.buffer`; start -1 means delete. */
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly values: ByteWriter;

  constructor(values: ByteWriter, keys: ByteWriter = new ByteWriter(256)) {
    this.values = values;
    this.keys = keys;
  }

  get count(): number {
    return this.keyEnds.length;
  }

  /** Size of keys and values, in bytes. */
  get byteLength(): number {
    return this.values.length + this.keys.length;
  }

  /** Puts a row whose value `write` appends. */
  put(key: string, write: (out: ByteWriter) => void): void {
    const start = this.values.length;
    write(this.values);
    this.close(key, start);
  }

  /** For encoders in hot loops: note `values.length`, append the value, then call this with the noted start. */
  close(key: string, start: number): void {
    this.keys.text(key);
    this.#end(start, this.values.length);
  }

  /** The same for the key `prefix + String(key)`, without making that text. */
  closeKey(prefix: string, key: Key, start: number): void {
    const { keys } = this;
    keys.text(prefix);
    if (typeof key === 'string') keys.text(key);
    else if (Number.isSafeInteger(key)) keys.integer(key);
    else keys.text(String(key));
    this.#end(start, this.values.length);
  }

  putBytes(key: string, value: Uint8Array): void {
    const start = this.values.length;
    this.values.bytes(value);
    this.close(key, start);
  }

  delete(key: string): void {
    this.keys.text(key);
    this.#end(-1, -1);
  }

  /** Adds row i of a batch that has the same `values`. */
  share(other: RowBatch, i: number): void {
    this.keys.bytes(other.keys.buffer, other.keyStart(i), other.keyEnds[i]);
    this.#end(other.starts[i]!, other.ends[i]!);
  }

  #end(start: number, end: number): void {
    this.keyEnds.push(this.keys.length);
    this.starts.push(start);
    this.ends.push(end);
  }

  /** Where key i begins in `keys.buffer`. */
  keyStart(i: number): number {
    return i === 0 ? 0 : this.keyEnds[i - 1]!;
  }

  key(i: number): string {
    return this.keys.buffer.utf8Slice(this.keyStart(i), this.keyEnds[i]);
  }

  /** A view of key i. Valid until the batch is written to again. */
  keyBytes(i: number): Buffer {
    return this.keys.buffer.subarray(this.keyStart(i), this.keyEnds[i]);
  }

  /** A view of value i, or undefined for a delete. Valid until the batch is written to again. */
  value(i: number): Buffer | undefined {
    const start = this.starts[i]!;
    return start < 0 ? undefined : this.values.buffer.subarray(start, this.ends[i]);
  }

  /** Forgets all rows; their memory is used again. */
  clear(): void {
    this.keys.clear();
    this.values.clear();
    this.keyEnds.length = 0;
    this.starts.length = 0;
    this.ends.length = 0;
  }
}

/** Adds the records of a changelog as rows: their keys are row keys, and those without a value delete. Copies. */
export function addRecords(
  rows: RowBatch,
  { slab, count, keyStarts, keyEnds, valueStarts, valueEnds }: RecordBatch,
): void {
  for (let i = 0; i < count; i++) {
    const key = slab.utf8Slice(keyStarts[i], keyEnds[i]);
    const start = valueStarts[i]!;
    if (start < 0) rows.delete(key);
    else rows.putBytes(key, slab.subarray(start, valueEnds[i]));
  }
}
