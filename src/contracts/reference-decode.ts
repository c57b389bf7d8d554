/**
 * `JSON.parse` and a check of the parsed value: the definition of what a decoder must return, and the one that explains
 * a refused document. Stricter than JSON.parse in one thing: invalid UTF-8 is refused, not replaced.
 */
import { StreamError } from '../core/stream-error.ts';
import { conform } from './conform.ts';
import type { RecordTag } from './record-tag.ts';
import type { RecordShape } from './shape.ts';

export interface ReferenceOptions {
  /** Where the compiled walk stopped, counted from the start of the document; for the message. */
  readonly byte?: number;
  readonly tag?: RecordTag | undefined;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function referenceDecode(
  shape: RecordShape,
  bytes: Buffer,
  start: number,
  end: number,
  options: ReferenceOptions = {},
): unknown {
  const { byte, tag } = options;
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes.subarray(start, end)));
    if (tag === undefined) return conform(shape, value, '');
    const fields = shape.fields.filter((field) => field.name !== tag.field);
    const checked = conform({ ...shape, fields }, value, '') as object;
    if ((value as Readonly<Record<string, unknown>>)[tag.field] !== tag.value) {
      throw new StreamError('DECODE_FAILED', `expected ${JSON.stringify(tag.value)}`, { path: tag.field });
    }
    return { [tag.field]: tag.value, ...checked };
  } catch (thrown) {
    const { reason, place } = StreamError.from(thrown, 'DECODE_FAILED');
    const where = byte === undefined ? '' : ` (byte ${byte} of ${end - start})`;
    throw new StreamError('DECODE_FAILED', reason + where, place);
  }
}
