import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteWriter } from '../../src/core/byte-writer.ts';
import { RowBatch } from '../../src/core/row-batch.ts';

const number = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -1000, max: 1000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 1e9, -1e9, 999_999_999, 1_000_000_007, 2 ** 53 - 1, 1 - 2 ** 53, 2 ** 53, 0.1, 1e21),
);
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom('', '\u{10ffff}', 'é'.repeat(40)),
);

test('the key of a row is its prefix with the text of a key, for every kind of key', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text, fc.oneof(number, text))), (keys) => {
      const rows = new RowBatch(new ByteWriter(0), new ByteWriter(0));
      for (const [prefix, key] of keys) rows.closeKey(prefix, key, rows.values.length);
      keys.forEach(([prefix, key], i) => {
        expect(rows.key(i)).toBe(prefix + String(key));
        expect(rows.keyBytes(i)).toEqual(Buffer.from(prefix + String(key)));
      });
    }),
  );
});

test('keys and values stay with each other, also when rows are shared, and after a new beginning', () => {
  const rows = new RowBatch(new ByteWriter(4), new ByteWriter(4));
  for (let round = 0; round < 2; round++) {
    rows.putBytes('one', Buffer.from('first'));
    rows.delete('two');
    rows.put('three', (out) => {
      out.text('third');
    });
    rows.putBytes('', Buffer.alloc(0));
    const seen = (of: RowBatch) =>
      Array.from({ length: of.count }, (_, i) => [of.key(i), of.value(i)?.toString()] as const);
    expect(seen(rows)).toEqual([
      ['one', 'first'],
      ['two', undefined],
      ['three', 'third'],
      ['', ''],
    ]);
    expect(rows.byteLength).toBe('onetwothree'.length + 'firstthird'.length);
    const part = new RowBatch(rows.values);
    for (const row of [2, 1]) part.share(rows, row);
    expect(seen(part)).toEqual([
      ['three', 'third'],
      ['two', undefined],
    ]);
    rows.clear();
    expect(rows.count).toBe(0);
    expect(rows.byteLength).toBe(0);
  }
});
