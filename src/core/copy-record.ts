import type { BatchWriter } from './batch-writer.ts';
import type { RecordBatch } from './record-batch.ts';
import { recordHeaders } from './record-headers.ts';

/** Appends record `i` of a batch as it is: key, value, timestamp and headers. */
export function copyRecord(batch: RecordBatch, i: number, to: BatchWriter): void {
  const { slab, keyStarts, keyEnds, valueStarts, valueEnds, timestamps } = batch;
  const keyStart = keyStarts[i]!;
  const key = keyStart < 0 ? null : slab.subarray(keyStart, keyEnds[i]);
  to.appendBytes(key, slab, valueStarts[i]!, valueEnds[i]!, timestamps[i]!, recordHeaders(batch, i));
}
