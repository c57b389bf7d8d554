import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AvroSchema } from '../../src/contracts/avro-schema.ts';
import { conform } from '../../src/contracts/conform.ts';
import { compileJsonEncoder } from '../../src/contracts/json-encoder.ts';
import { parseSchema } from '../../src/contracts/parse-schema.ts';
import { ByteWriter } from '../../src/core/byte-writer.ts';
import { StreamError } from '../../src/core/stream-error.ts';
import { arbitraryRecord, arbitrarySchema } from './arbitrary-schema.ts';

function encode(schema: AvroSchema, value: unknown): string {
  const out = new ByteWriter(1); // small, so that growing is exercised
  compileJsonEncoder(parseSchema(schema))(value, out);
  return out.buffer.utf8Slice(0, out.length);
}

const order: AvroSchema = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'note', type: ['null', 'string'], default: null },
    { name: 'id', type: 'long' },
    { name: 'box', type: { type: 'array', items: 'double', length: 2 } },
    { name: 'level', type: { type: 'enum', name: 'Level', symbols: ['low', 'high'] } },
    { name: 'kind', type: 'string', default: 'plain' },
    { name: 'sizes', type: { type: 'map', values: 'int' } },
  ],
};
const value = { note: 'n', id: 1, box: [1, 2], level: 'low', kind: 'k', sizes: { a: 1 } };

describe('a compiled encoder', () => {
  test('writes the declared fields only, in schema order', () => {
    const { note, ...rest } = value;
    expect(encode(order, { extra: 1, ...rest, note })).toBe(JSON.stringify(value));
  });

  test('leaves absent optional fields out and writes defaults of absent fields', () => {
    const { note: _note, kind: _kind, ...rest } = value;
    expect(JSON.parse(encode(order, rest))).toStrictEqual({ ...rest, kind: 'plain' });
  });

  test('writes an empty record', () => {
    expect(encode({ type: 'record', name: 'Nothing', fields: [] }, {})).toBe('{}');
  });

  test('writes what JSON.stringify writes', () => {
    const cases = arbitrarySchema.chain((schema) =>
      fc.record({ schema: fc.constant(schema), value: arbitraryRecord(parseSchema(schema)) }),
    );
    fc.assert(
      fc.property(cases, ({ schema, value: generated }) => {
        const declared = conform(parseSchema(schema), generated, '');
        expect(encode(schema, generated)).toBe(JSON.stringify(declared));
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    0,
    -0,
    9,
    10,
    999_999_999,
    1e9,
    1_000_000_001,
    -2_147_483_648,
    2 ** 53 - 1,
    -(2 ** 53 - 1),
    1_436_918_400_000,
  ])('writes the integer %d', (id) => {
    expect(encode(order, { ...value, id })).toBe(JSON.stringify({ ...value, id }));
  });

  test.each([
    ['id', { id: 1.5 }],
    ['id', { id: 2 ** 53 }],
    ['id', { id: '1' }],
    ['id', { id: undefined }],
    ['box', { box: [1] }],
    ['box[1]', { box: [1, NaN] }],
    ['level', { level: 'medium' }],
    ['note', { note: 3 }],
    ['sizes["b"]', { sizes: { a: 1, b: undefined } }],
    ['sizes', { sizes: [1] }],
  ])('refuses a wrong value at %s: %o, and leaves nothing behind', (path, change) => {
    const out = new ByteWriter();
    out.text('before');
    let thrown: unknown;
    try {
      compileJsonEncoder(parseSchema(order))({ ...value, ...change }, out);
    } catch (error) {
      thrown = error;
    }
    expect(StreamError.is(thrown) && [thrown.code, thrown.place.path]).toEqual(['ENCODE_FAILED', path]);
    expect(out.buffer.utf8Slice(0, out.length)).toBe('before');
  });

  test.each([null, undefined, 1, 'x', []])('refuses %o instead of a record', (wrong) => {
    expect(() => encode(order, wrong)).toThrow('ENCODE_FAILED: expected an object');
  });
});
