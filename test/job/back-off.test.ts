import { expect, test } from 'vitest';
import { BackOff } from '../../src/job/back-off.ts';

test('doubles up to the bound and starts again after a success', () => {
  const backOff = new BackOff(1_000, 5_000, () => 0.5);
  expect([backOff.next(), backOff.next(), backOff.next(), backOff.next()]).toEqual([1_000, 2_000, 4_000, 5_000]);
  expect(backOff.failures).toBe(4);
  backOff.succeeded();
  expect(backOff.next()).toBe(1_000);
});

test('spreads delays by ten percent either way', () => {
  expect(new BackOff(1_000, 5_000, () => 0).next()).toBeCloseTo(900);
  expect(new BackOff(1_000, 5_000, () => 0.999_999).next()).toBeCloseTo(1_100, 0);
});
