import { recordHeaders } from './record-headers.ts';
import type { RecordBatch, RecordHeader } from './record-batch.ts';

/** The headers of W3C's trace context. */
const names: ReadonlySet<string> = new Set(['traceparent', 'tracestate']);

/** W3C asks for 512 characters of `tracestate`. What is much longer could make an output too large for the log. */
const mostBytes = 1024;

/** Those of record `i` that say which trace it belongs to; undefined: none. */
export function traceHeaders(batch: RecordBatch, i: number): readonly RecordHeader[] | undefined {
  const found = recordHeaders(batch, i).filter(({ key, value }) => names.has(key) && value.length <= mostBytes);
  return found.length === 0 ? undefined : found;
}
