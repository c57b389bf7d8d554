import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sortRows } from '../../../../src/state/leveldb/load/sort-rows.ts';
import { placedRows } from './placed-rows.ts';

const beginnings = fc.constantFrom('AAAAAA000', 'AAAAAA001', 'BBBBBB000', '!AAAAAA000', '~', '');
const endings = fc.oneof(
  fc.integer({ min: 0, max: 300 }).map(String),
  fc.constantFrom('', 'user-1', 'user-12345678901234567890', 'user-12345678901234567891', 'a', 'ab'),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const text = fc.tuple(beginnings, endings).map(([beginning, ending]) => Buffer.from(beginning + ending));
const bytes = fc.uint8Array({ maxLength: 12 }).map((key) => Buffer.from(key));

/** The places of the last row of each key, by keys. */
function expected(keys: readonly Buffer[]): readonly number[] {
  const newest = new Map(keys.map((key, row) => [key.toString('hex'), row]));
  return [...newest.values()].sort((a, b) => Buffer.compare(keys[a]!, keys[b]!));
}

test('rows are ordered by the bytes of their keys, the last one of each', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(text, bytes), { maxLength: 200 }), (keys) => {
      const { order } = sortRows(placedRows(keys.map((key) => [key, ''])));
      expect([...order]).toEqual(expected(keys));
    }),
  );
});

test('many rows whose keys differ late only are ordered', () => {
  const keys = Array.from({ length: 5_000 }, (_, i) =>
    Buffer.from(`AAAAAA000${'long'.repeat(20)}${String((i * 7919) % 5_000)}${'x'.repeat(i % 3)}`),
  );
  expect([...sortRows(placedRows(keys.map((key) => [key, '']))).order]).toEqual(expected(keys));
});

test('all bytes there are can be in keys', () => {
  const keys = Array.from({ length: 256 * 256 }, (_, i) => Buffer.from([...Buffer.from('AAAAAA000'), i & 255, i >> 8]));
  expect([...sortRows(placedRows(keys.map((key) => [key, '']))).order]).toEqual(expected(keys));
});

test('the ranges of rows are told', () => {
  const keys = [
    'AAAAAA000a',
    'AAAAAA000b',
    'BBBBBB000',
    '!AAAAAA000',
    '!AAAAAA001',
    '$AAAAAA000',
    '~position/job/0',
    '~position/job/1',
  ];
  const { ranges } = sortRows(placedRows(keys.map((key) => [key, ''])));
  expect([...ranges].sort()).toEqual([...keys.slice(2), 'AAAAAA000'].sort());
});
