import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeDouble } from '../../src/contracts/json-write.ts';

const buffer = Buffer.alloc(40);

function written(value: number): string {
  buffer.fill('x');
  const end = writeDouble(buffer, 3, value);
  expect(buffer.latin1Slice(0, 3)).toBe('xxx');
  return buffer.latin1Slice(3, end);
}

describe('a double is written as JSON.stringify writes it', () => {
  const limits = [1e-6, 1e-7, 1.5e-6, 0.1 + 0.2, 999_999_999.999_999, 1e9 + 0.5, 2 ** 31, 2 ** 52 + 0.5, 1e21, 5e-324];

  test.each([0, 0.5, 12.34, 100.000_001, 1920.05, ...limits])('%d', (value) => {
    expect(written(value)).toBe(JSON.stringify(value));
    expect(written(-value)).toBe(JSON.stringify(-value));
  });

  test('with any number of decimals', () => {
    const decimal = fc.tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 12 })).map(([n, d]) => n / 10 ** d);
    fc.assert(
      fc.property(fc.oneof(decimal, fc.double({ noNaN: true, noDefaultInfinity: true })), (value) => {
        expect(written(value)).toBe(JSON.stringify(value));
      }),
      { numRuns: 20_000 },
    );
  });

  test('next to a decimal of few digits, too', () => {
    const bits = new DataView(new ArrayBuffer(8));
    const decimal = fc.tuple(
      fc.integer({ min: 1, max: 1e9 }),
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: -3, max: 3 }),
    );
    fc.assert(
      fc.property(decimal, ([n, d, steps]) => {
        bits.setFloat64(0, n / 10 ** d);
        bits.setBigInt64(0, bits.getBigInt64(0) + BigInt(steps));
        const value = bits.getFloat64(0);
        expect(written(value)).toBe(JSON.stringify(value));
      }),
      { numRuns: 20_000 },
    );
  });
});
