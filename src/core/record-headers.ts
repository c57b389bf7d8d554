import { ByteReader } from './byte-reader.ts';
import type { RecordBatch, RecordHeader } from './record-batch.ts';

/** The headers of record `i`, copied; empty when it has none. A header without a value reads as empty bytes. */
export function recordHeaders(batch: RecordBatch, i: number): readonly RecordHeader[] {
  if (batch.headerStarts === undefined) return [];
  const reader = new ByteReader(batch.slab, batch.headerStarts[i]);
  const headers: RecordHeader[] = [];
  for (let left = reader.varint(); left > 0; left--) {
    const key = reader.text(reader.varint());
    headers.push({ key, value: new Uint8Array(reader.bytes(Math.max(0, reader.varint()))) });
  }
  return headers;
}
