/** How batches and rows travel between threads: as few objects as possible, their buffers moved. */
import type { Transferable } from 'node:worker_threads';
import { ByteWriter } from '../../core/byte-writer.ts';
import type { FetchedPartition, SealedBatch } from '../../core/log.ts';
import { RowBatch } from '../../core/row-batch.ts';

export interface PackedRows {
  /** All keys, one after another, and the length of each. */
  readonly keys: string;
  readonly keyLengths: Int32Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly values: Uint8Array;
}

export function packRows(rows: RowBatch, buffers: Transferable[]): PackedRows {
  const keyLengths = Int32Array.from(rows.keys, (key) => key.length);
  const starts = Int32Array.from(rows.starts);
  const ends = Int32Array.from(rows.ends);
  const values = rows.values.take();
  buffers.push(keyLengths.buffer, starts.buffer, ends.buffer, values.buffer as ArrayBuffer);
  return { keys: rows.keys.join(''), keyLengths, starts, ends, values };
}

export function unpackRows({ keys, keyLengths, starts, ends, values }: PackedRows): RowBatch {
  const writer = new ByteWriter(0);
  writer.buffer = asBuffer(values);
  writer.length = values.length;
  const rows = new RowBatch(writer);
  let at = 0;
  for (let i = 0; i < keyLengths.length; i++) {
    rows.keys.push(keys.slice(at, (at += keyLengths[i]!)));
    rows.starts.push(starts[i]!);
    rows.ends.push(ends[i]!);
  }
  return rows;
}

/** Sealed batches belong to the log from here on: their buffers move where they have one of their own. */
export function packSealed(outputs: readonly SealedBatch[], buffers: Transferable[]): readonly SealedBatch[] {
  return outputs.map((output) => ({ ...output, bytes: own(output.bytes, buffers) }));
}

export function unpackSealed(outputs: readonly SealedBatch[]): readonly SealedBatch[] {
  return outputs.map((output) => ({ ...output, bytes: asBuffer(output.bytes) }));
}

/** The slab may be the log's own memory, so it is copied; the columns were made for this answer. */
export function packFetched(
  fetched: readonly FetchedPartition[],
  buffers: Transferable[],
): readonly FetchedPartition[] {
  return fetched.map((one) => {
    if (one.batch === undefined) return one;
    const { batch } = one;
    const slab = Buffer.allocUnsafeSlow(batch.slab.length);
    batch.slab.copy(slab);
    buffers.push(slab.buffer);
    for (const column of [
      batch.offsets,
      batch.timestamps,
      batch.keyStarts,
      batch.keyEnds,
      batch.valueStarts,
      batch.valueEnds,
    ]) {
      buffers.push(column.buffer as ArrayBuffer);
    }
    if (batch.headerStarts !== undefined) buffers.push(batch.headerStarts.buffer as ArrayBuffer);
    return { ...one, batch: { ...batch, slab } };
  });
}

export function unpackFetched(fetched: readonly FetchedPartition[]): readonly FetchedPartition[] {
  return fetched.map((one) =>
    one.batch === undefined ? one : { ...one, batch: { ...one.batch, slab: asBuffer(one.batch.slab) } },
  );
}

function own(bytes: Buffer, buffers: Transferable[]): Buffer {
  const whole = bytes.byteLength === bytes.buffer.byteLength ? bytes : Buffer.allocUnsafeSlow(bytes.length);
  if (whole !== bytes) bytes.copy(whole);
  buffers.push(whole.buffer as ArrayBuffer);
  return whole;
}

/** A Buffer arrives as a Uint8Array. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
