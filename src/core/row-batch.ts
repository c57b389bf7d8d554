import type { ByteWriter } from './byte-writer.ts';
import type { RecordBatch } from './record-batch.ts';

/**
 * Changes to a store: rows to put and rows to delete, values packed into one buffer. Row keys are text (stored as UTF-8);
 * see state/row-keys.ts for their layout. A later change of a key in the same batch wins.
 */
export class RowBatch {
  readonly keys: string[] = [];
  /** Start and end of value i in `values.buffer`; start -1 means delete. */
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly values: ByteWriter;

  constructor(values: ByteWriter) {
    this.values = values;
  }

  get count(): number {
    return this.keys.length;
  }

  /** Size of keys and values, roughly, in bytes. */
  get byteLength(): number {
    let size = this.values.length;
    for (const key of this.keys) size += key.length;
    return size;
  }

  /** Puts a row whose value `write` appends. */
  put(key: string, write: (out: ByteWriter) => void): void {
    const start = this.values.length;
    write(this.values);
    this.close(key, start);
  }

  /** For encoders in hot loops: note `values.length`, append the value, then call this with the noted start. */
  close(key: string, start: number): void {
    this.keys.push(key);
    this.starts.push(start);
    this.ends.push(this.values.length);
  }

  putBytes(key: string, value: Uint8Array): void {
    const start = this.values.length;
    this.values.bytes(value);
    this.close(key, start);
  }

  delete(key: string): void {
    this.keys.push(key);
    this.starts.push(-1);
    this.ends.push(-1);
  }

  /** A view of value i, or undefined for a delete. Valid until the batch is written to again. */
  value(i: number): Buffer | undefined {
    const start = this.starts[i]!;
    return start < 0 ? undefined : this.values.buffer.subarray(start, this.ends[i]);
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
