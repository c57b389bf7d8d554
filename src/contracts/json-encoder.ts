/**
 * Compiles a contract into a function that appends the JSON of its declared fields, as JSON.stringify would write them:
 * absent optional fields are left out, absent fields with a default are written with it. Values are checked on the way; a
 * wrong one leaves nothing behind in the writer and fails with ENCODE_FAILED and its path.
 */
import type { ByteWriter } from '../core/byte-writer.ts';
import { StreamError } from '../core/stream-error.ts';
import { compile } from './compile.ts';
import { conform } from './conform.ts';
import { encoderSource } from './json-encoder-source.ts';
import { writeInteger } from '../core/write-integer.ts';
import { wrongValue, writeDouble, writeString } from './json-write.ts';
import type { RecordTag } from './record-tag.ts';
import type { RecordShape } from './shape.ts';

export type JsonEncoder = (value: unknown, out: ByteWriter) => void;

export function compileJsonEncoder(shape: RecordShape, tag?: RecordTag): JsonEncoder {
  const write = compile(
    ['fail', 'integer', 'double', 'string'],
    [wrongValue, writeInteger, writeDouble, writeString],
    encoderSource(shape, tag),
  ) as (out: ByteWriter, value: unknown) => void;
  return (value, out) => {
    const start = out.length;
    try {
      write(out, value);
    } catch (thrown) {
      out.length = start;
      throw explain(shape, value, thrown);
    }
  };
}

/** The reason with its path, found by the plain walk. */
function explain(shape: RecordShape, value: unknown, thrown: unknown): StreamError {
  try {
    conform(shape, value, '');
  } catch (mismatch) {
    if (StreamError.is(mismatch)) return new StreamError('ENCODE_FAILED', mismatch.reason, mismatch.place);
  }
  return StreamError.from(thrown, 'ENCODE_FAILED');
}
