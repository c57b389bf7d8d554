import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyText, murmur2, murmur2Text, partitionOf } from '../../src/core/partitioner.ts';

// Vectors of org.apache.kafka.common.utils.UtilsTest.
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('hashes %j as Kafka does', (text, expected) => {
  expect(murmur2(Buffer.from(text))).toBe(expected);
  expect(murmur2Text(text)).toBe(expected);
});

test('hashes text as its UTF-8 bytes, and a range as those bytes alone', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const bytes = Buffer.from(`..${text}.`);
      expect(murmur2Text(text)).toBe(murmur2(Buffer.from(text)));
      expect(murmur2(bytes, 2, bytes.length - 1)).toBe(murmur2Text(text));
    }),
  );
});

test('clears the sign bit before it chooses a partition', () => {
  expect(partitionOf('21', 7)).toBe((-973932308 & 0x7fffffff) % 7);
  expect(partitionOf('anything', 1)).toBe(0);
});

test('gives 0 and -0 one key, and refuses keys without a canonical text', () => {
  expect(keyText(-0)).toBe('0');
  for (const key of [NaN, Infinity, undefined, null, {}, '\ud800']) expect(() => keyText(key)).toThrow('KEY_INVALID');
});
