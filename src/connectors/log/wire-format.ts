/** How batches and rows travel between threads: as few objects as possible, their buffers moved. */
import type { Transferable } from 'node:worker_threads';
import { ByteWriter } from '../../core/byte-writer.ts';
import type { FetchedPartition, SealedBatch } from '../../core/log.ts';
import { RowBatch } from '../../core/row-batch.ts';

export interface PackedRows {
  readonly keys: Uint8Array;
  readonly keyEnds: Int32Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly values: Uint8Array;
}

export function packRows(rows: RowBatch, buffers: Transferable[]): PackedRows {
  const packed = {
    keys: rows.keys.take(),
    keyEnds: Int32Array.from(rows.keyEnds),
    starts: Int32Array.from(rows.starts),
    ends: Int32Array.from(rows.ends),
    values: rows.values.take(),
  };
  for (const { buffer } of Object.values(packed)) buffers.push(buffer as ArrayBuffer);
  return packed;
}

export function unpackRows({ keys, keyEnds, starts, ends, values }: PackedRows): RowBatch {
  const rows = new RowBatch(writerOf(values), writerOf(keys));
  for (let i = 0; i < keyEnds.length; i++) {
    rows.keyEnds.push(keyEnds[i]!);
    rows.starts.push(starts[i]!);
    rows.ends.push(ends[i]!);
  }
  return rows;
}

function writerOf(bytes: Uint8Array): ByteWriter {
  const writer = new ByteWriter(0);
  writer.buffer = asBuffer(bytes);
  writer.length = bytes.length;
  return writer;
}

/** The batches are copied: a commit that meets a rebalance is sent once more. */
export function packSealed(outputs: readonly SealedBatch[], buffers: Transferable[]): readonly SealedBatch[] {
  return outputs.map((output) => {
    const bytes = Buffer.allocUnsafeSlow(output.bytes.length);
    output.bytes.copy(bytes);
    buffers.push(bytes.buffer);
    return { ...output, bytes };
  });
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
    const { offsets, timestamps, keyStarts, keyEnds, valueStarts, valueEnds, headerStarts = valueEnds } = batch;
    const columns = [offsets, timestamps, keyStarts, keyEnds, valueStarts, valueEnds, headerStarts];
    buffers.push(...new Set(columns.map(({ buffer }) => buffer as ArrayBuffer)));
    return { ...one, batch: { ...batch, slab } };
  });
}

export function unpackFetched(fetched: readonly FetchedPartition[]): readonly FetchedPartition[] {
  return fetched.map((one) =>
    one.batch === undefined ? one : { ...one, batch: { ...one.batch, slab: asBuffer(one.batch.slab) } },
  );
}

/** A Buffer arrives as a Uint8Array. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
