import { expect, test } from 'vitest';
import { bytes } from '../../src/core/codec.ts';

test('bytes are a copy of their own, not a view of what is overwritten later', () => {
  const source = Buffer.from([1, 2, 3, 4]);
  const value = bytes.decode(source, 1, 3);
  source.fill(9);
  expect(value).toEqual(Uint8Array.of(2, 3));
  expect(value.buffer.byteLength).toBe(2);
});
