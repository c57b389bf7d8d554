import { expect, test } from 'vitest';
import type { AvroSchema } from '../../src/contracts/avro-schema.ts';
import { schemaDiff } from '../../src/contracts/schema-diff.ts';

const box = (...fields: object[]): AvroSchema => ({ type: 'record', name: 'Box', fields }) as unknown as AvroSchema;
const list = (item: AvroSchema): object => ({ name: 'boxes', type: { type: 'array', items: item } });

test('lists fields that came, went and changed, also those inside', () => {
  const before: AvroSchema = {
    type: 'record',
    name: 'Frame',
    fields: [
      { name: 'id', type: 'int' },
      { name: 'note', type: 'string' },
      list(box({ name: 'left', type: 'int' })),
    ] as never,
  };
  const after: AvroSchema = {
    type: 'record',
    name: 'Frame',
    fields: [
      { name: 'id', type: 'long' },
      { name: 'tags', type: { type: 'map', values: 'string' } },
      list(box({ name: 'left', type: 'int' }, { name: 'size', type: ['null', 'double'], default: null })),
    ] as never,
  };
  expect(schemaDiff(before, after)).toEqual([
    { kind: 'changed', path: 'id', before: 'int', after: 'long' },
    { kind: 'added', path: 'tags', before: undefined, after: 'map of string' },
    { kind: 'added', path: 'boxes[].size', before: undefined, after: 'double or null = null' },
    { kind: 'removed', path: 'note', before: 'string', after: undefined },
  ]);
  expect(schemaDiff(after, after)).toEqual([]);
});

test('ends at a record that contains itself', () => {
  const tree: AvroSchema = {
    type: 'record',
    name: 'Tree',
    fields: [{ name: 'children', type: { type: 'array', items: 'Tree' } }],
  };
  expect(schemaDiff(tree, tree)).toEqual([]);
});
