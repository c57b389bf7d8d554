import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RequestWriter } from '../../../../src/connectors/kafka/protocol/request-writer.ts';
import { ResponseReader } from '../../../../src/connectors/kafka/protocol/response-reader.ts';
import { StreamError } from '../../../../src/core/stream-error.ts';

function readAll(reader: ResponseReader): unknown[] {
  return [
    reader.int8(),
    reader.int16(),
    reader.int32(),
    reader.int64(),
    reader.boolean(),
    reader.varuint(),
    reader.nullableString(),
    reader.compactNullableString(),
    reader.nullableBytes()?.toString('hex') ?? null,
    reader.compactNullableBytes()?.toString('hex') ?? null,
    reader.uuid(),
    reader.array((each) => each.string()),
    reader.compactArray((each) => each.compactString()),
    (reader.tags(), reader.remaining),
  ];
}

const bytes = fc.option(fc.uint8Array({ maxLength: 300 }));
const text = fc.option(fc.string({ maxLength: 200, unit: 'grapheme' }));
const values = fc.tuple(
  fc.integer({ min: -128, max: 127 }),
  fc.integer({ min: -32768, max: 32767 }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.nat(),
  text,
  text,
  bytes,
  bytes,
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((id) => Buffer.from(id).toString('base64url')),
  fc.array(fc.string()),
  fc.array(fc.string()),
);

function write([
  i8,
  i16,
  i32,
  i64,
  bool,
  varuint,
  string,
  compact,
  raw,
  compactRaw,
  id,
  array,
  compactArray,
]: ReturnType<typeof values.generate>['value']): Buffer {
  return new RequestWriter(1)
    .int8(i8)
    .int16(i16)
    .int32(i32)
    .int64(i64)
    .boolean(bool)
    .varuint(varuint)
    .string(string)
    .compactString(compact)
    .bytes(raw)
    .compactBytes(compactRaw)
    .uuid(id)
    .array(array, (item, writer) => writer.string(item))
    .compactArray(compactArray, (item, writer) => writer.compactString(item))
    .tags()
    .finish();
}

test('reads what the writer wrote', () => {
  fc.assert(
    fc.property(values, (written) => {
      const hex = (value: Uint8Array | null): string | null => value && Buffer.from(value).toString('hex');
      const expected = [...written.slice(0, 8), hex(written[8]), hex(written[9]), ...written.slice(10), 0];
      expect(readAll(new ResponseReader(write(written)))).toEqual(expected);
    }),
  );
});

test('fails with PROTOCOL_ERROR wherever a response is cut', () => {
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (written, share) => {
      const whole = write(written);
      const reader = new ResponseReader(whole, 0, Math.floor(whole.length * share));
      expect(() => readAll(reader)).toThrow(expect.objectContaining({ code: 'PROTOCOL_ERROR' }));
    }),
  );
});

test('reads random bytes to a value or to PROTOCOL_ERROR', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (random) => {
      try {
        readAll(new ResponseReader(Buffer.from(random)));
      } catch (error) {
        expect(StreamError.is(error) && error.code).toBe('PROTOCOL_ERROR');
      }
    }),
  );
});

test('takes null for an empty array, and refuses it for a string', () => {
  const body = new RequestWriter()
    .array(null, () => undefined)
    .string(null)
    .finish();
  const reader = new ResponseReader(body);
  expect(reader.array(() => 0)).toEqual([]);
  expect(() => reader.string()).toThrow('a field is null');
});

test('skips the tagged fields of newer brokers', () => {
  const reader = new ResponseReader(Buffer.from([2, 0, 3, 1, 2, 3, 9, 1, 7, 42]));
  reader.tags();
  expect(reader.int8()).toBe(42);
});
