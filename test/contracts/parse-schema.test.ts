import { describe, expect, test } from 'vitest';
import type { AvroSchema } from '../../src/contracts/avro-schema.ts';
import { parseSchema } from '../../src/contracts/parse-schema.ts';

const withField = (type: AvroSchema, more: object = {}): AvroSchema => ({
  type: 'record',
  name: 'R',
  fields: [{ name: 'f', type, ...more }],
});

describe('a schema is refused', () => {
  test.each<[string, AvroSchema]>([
    ['a contract is a record, not a string', 'string'],
    ['type "bytes" is unknown or not supported at f', withField('bytes')],
    ['type "Other" is unknown or not supported at f', withField('Other')],
    ['only unions of null with one other type are supported at f', withField(['int', 'string'])],
    ['only unions of null with one other type are supported at f', withField(['null', 'int', 'string'])],
    ['the default of a union belongs to its first branch at f', withField(['int', 'null'], { default: null })],
    ['default: expected a 32-bit integer, got "x" at f', withField('int', { default: 'x' })],
    ['not a field name at a-b', { type: 'record', name: 'R', fields: [{ name: 'a-b', type: 'int' }] }],
    ['not a field name at __proto__', { type: 'record', name: 'R', fields: [{ name: '__proto__', type: 'int' }] }],
    ['R is defined twice at f', withField({ type: 'record', name: 'R', fields: [] })],
    [
      'two fields have this name or alias at f',
      {
        type: 'record',
        name: 'R',
        fields: [
          { name: 'f', type: 'int' },
          { name: 'f', type: 'int' },
        ],
      },
    ],
    ['an enum needs distinct symbols', withField({ type: 'enum', name: 'E', symbols: ['a', 'a'] })],
    ['length 0 is not a positive integer at f', withField({ type: 'array', items: 'int', length: 0 })],
    ['a record or enum needs a name', { type: 'record', name: '1', fields: [] }],
  ])('%s', (message, schema) => {
    expect(() => parseSchema(schema)).toThrow(`CONTRACT_INVALID: ${message}`);
  });
});

test('names are found in the namespace of the record around them', () => {
  const shape = parseSchema({
    type: 'record',
    name: 'R',
    namespace: 'com.acme',
    fields: [
      { name: 'a', type: { type: 'enum', name: 'E', symbols: ['x'] } },
      { name: 'b', type: 'E' },
      { name: 'c', type: 'com.acme.E' },
    ],
  });
  expect(shape.name).toBe('com.acme.R');
  expect(shape.fields.map((field) => field.shape)).toEqual([
    shape.fields[0]!.shape,
    shape.fields[0]!.shape,
    shape.fields[0]!.shape,
  ]);
});

test('a logical type is read as the type below it', () => {
  expect(parseSchema(withField({ type: 'long', logicalType: 'timestamp-millis' })).fields[0]!.shape).toEqual({
    kind: 'long',
  });
});
