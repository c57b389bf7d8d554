import fc from 'fast-check';
import { compressSync } from 'snappy';
import { expect, test } from 'vitest';
import { unpackBlock } from '../../../src/state/leveldb/unpack-block.ts';

const content = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 90 }), fc.nat(40)))
  .map((parts) => Buffer.concat(parts.flatMap(([bytes, times]) => Array.from({ length: times }, () => bytes))));

test('gives back what snappy packed', () => {
  fc.assert(
    fc.property(content, (bytes) => {
      expect(unpackBlock(compressSync(bytes)).equals(bytes)).toBe(true);
    }),
  );
  const long = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) >> 7)); // literals and distances of 2 bytes
  expect(unpackBlock(compressSync(long)).equals(long)).toBe(true);
});

test('damage is an error, or other bytes of the same size, and nothing else', () => {
  const content = Buffer.from('a sentence, and a sentence like a sentence, again and again '.repeat(2));
  const packed = compressSync(content);
  for (let bit = 8; bit < packed.length * 8; bit++) {
    const damaged = Buffer.from(packed);
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    try {
      expect(unpackBlock(damaged)).toHaveLength(content.length);
    } catch (error) {
      expect(error).toMatchObject({ code: 'BATCH_CORRUPT' });
    }
  }
});
