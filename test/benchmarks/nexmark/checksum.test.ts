import { expect, test } from 'vitest';
import { Checksum } from '../../../benchmarks/nexmark/checksum.ts';

test('does not depend on the order of the results', () => {
  const [one, other] = [new Checksum(), new Checksum()];
  one.integer(1).text('a').end();
  one.integer(2 ** 40).end();
  other.integer(2 ** 40).end();
  other.integer(1).text('a').end();
  expect(other.sum).toBe(one.sum);
  expect(other.count).toBe(2);
});

test('depends on the order of the fields', () => {
  const [one, other] = [new Checksum(), new Checksum()];
  one.integer(1).integer(2).end();
  other.integer(2).integer(1).end();
  expect(other.sum).not.toBe(one.sum);
});

test('wraps at 2^53 without losing a bit', () => {
  const hash = new Checksum();
  hash.integer(7).end();
  const one = BigInt(hash.sum);
  const many = new Checksum();
  many.sum = 2 ** 53 - 3;
  many.integer(7).end();
  expect(BigInt(many.sum)).toBe((2n ** 53n - 3n + one) % 2n ** 53n);
});
