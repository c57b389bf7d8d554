import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteWriter } from '../../../src/core/byte-writer.ts';
import { RowBatch } from '../../../src/core/row-batch.ts';
import { rowPrefix, tagOf } from '../../../src/state/row-keys.ts';
import { openLevelStore } from '../../../src/state/leveldb/level-store.ts';
import { writeOrder } from '../../../src/state/leveldb/write-order.ts';

const prefixes = ['a', 'b', 'c'].map((name) => rowPrefix(tagOf('job', name), 7));
const keyText = fc.oneof(
  fc.integer({ min: 0, max: 400 }).map(String),
  fc.string({ maxLength: 6 }),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
  fc.constantFrom('same', 'the same beginning 1', 'the same beginning 2', '', '\u{10ffff}'),
);
/** As tables write them: all of a range, then the next one. */
const keyLists = fc
  .array(fc.tuple(fc.constantFrom(...prefixes), fc.array(keyText, { maxLength: 300 })), { maxLength: 4 })
  .map((ranges) => ranges.flatMap(([prefix, texts]) => texts.map((text) => prefix + text)));

function rowsOf(keys: readonly string[]): RowBatch {
  const rows = new RowBatch(new ByteWriter());
  for (const key of keys) rows.delete(key);
  return rows;
}

function shuffled<T>(list: readonly T[]): T[] {
  let seed = 7;
  const draw = (): number => (seed = (seed * 48_271) % 2_147_483_647);
  return list
    .map((item) => ({ item, at: draw() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

test('every row comes once, and rows of a key in the order they have', () => {
  fc.assert(
    fc.property(keyLists, (keys) => {
      const order = [...writeOrder(rowsOf(keys))];
      expect(order.toSorted((a, b) => a - b)).toEqual(keys.map((_, row) => row));
      const seen = new Map<string, number>();
      for (const row of order) {
        expect(seen.get(keys[row]!) ?? -1).toBeLessThan(row);
        seen.set(keys[row]!, row);
      }
    }),
  );
});

test.each([
  ['numbers', Array.from({ length: 5_000 }, (_, i) => String(i * 7_919_000_000 + 17))],
  ['texts', Array.from({ length: 3_000 }, (_, i) => `user-${(i * 31).toString(36)}`)],
  ['one character', Array.from({ length: 200 }, (_, i) => 'x'.repeat(i % 20))],
])('keys of a range come sorted, the last one first: %s', (_, texts) => {
  const keys = shuffled(texts).map((text) => prefixes[0]! + text);
  const written = [...writeOrder(rowsOf(keys))].map((row) => keys[row]!);
  expect(written).toEqual(keys.toSorted().reverse());
});

test('more rows of a range than can be sorted at once', () => {
  const keys = Array.from({ length: 2 ** 20 + 1000 }, (_, i) => prefixes[1]! + String((i * 7_919) % 1_000_003));
  const order = writeOrder(rowsOf(keys));
  expect(order.length).toBe(keys.length);
  expect(new Set(order).size).toBe(keys.length);
  let ascents = 0;
  for (let i = 1; i < order.length; i++) if (keys[order[i]!]! > keys[order[i - 1]!]!) ascents++;
  expect(ascents).toBe(1);
});

test('what a store has after a write is what the rows say one after the other', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'write-order-'));
  const store = await openLevelStore(folder);
  const model = new Map<string, string>();
  try {
    await fc.assert(
      fc.asyncProperty(keyLists, fc.infiniteStream(fc.boolean()), async (keys, deletes) => {
        const rows = new RowBatch(new ByteWriter());
        keys.forEach((key, i) => {
          if (deletes.next().value === true) {
            rows.delete(key);
            model.delete(key);
          } else {
            rows.putBytes(key, Buffer.from(`${i} of ${keys.length}`));
            model.set(key, `${i} of ${keys.length}`);
          }
        });
        await store.write([rows]);
        for (const key of new Set(keys)) expect(store.get(key)?.toString()).toBe(model.get(key));
      }),
      { numRuns: 30 },
    );
  } finally {
    await store.close();
    await rm(folder, { recursive: true });
  }
});
