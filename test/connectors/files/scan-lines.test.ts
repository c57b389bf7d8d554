import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NOT_READ } from '../../../src/core/record-batch.ts';
import { countNewlines, scanLines } from '../../../src/connectors/files/scan-lines.ts';

const all = { base: 0, last: true, maxBytes: 1 << 20, maxLineBytes: 1 << 20 };

function linesOf(text: string, options: Partial<typeof all> = {}) {
  const slab = Buffer.from(text);
  const found = scanLines(slab, slab.length, { ...all, ...options });
  const { offsets, valueStarts, valueEnds, keyStarts, timestamps } = found.columns;
  const values = Array.from({ length: found.count }, (_, i) => slab.toString('utf8', valueStarts[i], valueEnds[i]));
  return {
    ...found,
    values,
    offsets: [...offsets.subarray(0, found.count)],
    keys: [...keyStarts.subarray(0, found.count)],
    times: [...timestamps.subarray(0, found.count)],
  };
}

test('finds lines by their first byte and leaves out empty ones', () => {
  const found = linesOf('ab\n\n\r\nc\r\nd', { base: 10 });
  expect(found.values).toEqual(['ab', 'c', 'd']);
  expect(found.offsets).toEqual([10, 16, 19]);
  expect([found.lines, found.bytes]).toEqual([5, 10]);
  expect(found.keys).toEqual([-1, -1, -1]);
  expect(found.times).toEqual([NaN, NaN, NaN]);
});

test('leaves the beginning of a line for the next slab', () => {
  const found = linesOf('ab\ncd', { last: false });
  expect([found.values, found.bytes]).toEqual([['ab'], 3]);
});

test('skips a byte order mark, at the beginning only', () => {
  expect(linesOf('\ufeff{}\n\ufeffx\n').values).toEqual(['{}', '\ufeffx']);
  expect(linesOf('\ufeff{}\n', { base: 4 }).values).toEqual(['\ufeff{}']);
});

test('of a line that is too long there is only its size', () => {
  const found = linesOf('ab\nlonger\nc\n', { maxLineBytes: 5 });
  expect(found.offsets).toEqual([0, 3, 10]);
  expect([...found.columns.valueStarts.subarray(0, 3)]).toEqual([0, NOT_READ, 10]);
  expect(found.columns.valueEnds[1]).toBe('longer\n'.length);
});

test('stops at the end of the line that passes the wanted bytes', () => {
  expect(linesOf('ab\ncd\nef\n', { maxBytes: 4 }).values).toEqual(['ab', 'cd']);
  expect(linesOf('ab\ncd\nef\n', { maxBytes: 1 }).values).toEqual(['ab']);
});

test('agrees with split on any text', () => {
  const text = fc.array(fc.constantFrom('a', 'é', '\n', '\r\n', '{"x":1}'), { maxLength: 400 });
  fc.assert(
    fc.property(text, (parts) => {
      const whole = parts.join('');
      const found = linesOf(whole);
      const naive = whole
        .split('\n')
        .map((line) => line.replace(/\r$/, ''))
        .filter((line) => line !== '');
      expect(found.values).toEqual(naive);
      expect(found.bytes).toBe(Buffer.byteLength(whole));
      expect(countNewlines(Buffer.from(whole))).toBe(whole.split('\n').length - 1);
    }),
  );
});
