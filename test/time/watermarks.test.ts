import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteWriter } from '../../src/core/byte-writer.ts';
import { createGenerator } from '../../src/time/watermark-generator.ts';
import { decodeMark, encodeMark } from '../../src/time/watermark-mark.ts';
import { boundedOutOfOrderness, monotonousTimestamps, watermarkStrategy } from '../../src/time/watermark-strategies.ts';

describe('generators', () => {
  test('the watermark is the largest event time less the bound and one millisecond', () => {
    const generator = createGenerator(boundedOutOfOrderness('4s'));
    expect(generator.current()).toBe(-Infinity);
    for (const timestamp of [10_000, 8_000]) generator.onTimestamp(timestamp, undefined);
    expect(generator.current()).toBe(5_999);
  });

  test('monotonous event times pass everything before the last one', () => {
    const generator = createGenerator(monotonousTimestamps());
    generator.onTimestamp(10, undefined);
    expect(generator.current()).toBe(9);
  });

  test('a generator of the user never moves the watermark back', () => {
    let next = 5;
    const generator = createGenerator(
      watermarkStrategy({ generator: () => ({ onTimestamp: (t) => (next = t), current: () => next }) }),
    );
    expect(generator.current()).toBe(5);
    generator.onTimestamp(3, undefined);
    expect(generator.current()).toBe(5);
    generator.onTimestamp(8, undefined);
    expect(generator.current()).toBe(8);
  });

  test('a generator of the user sees the values, and may let records say how far time is', () => {
    let said = -Infinity;
    const strategy = watermarkStrategy<{ readonly complete: boolean }>({
      generator: () => ({
        onTimestamp(timestamp, { complete }) {
          if (complete) said = timestamp;
        },
        current: () => said,
      }),
    });
    const generator = createGenerator(strategy);
    generator.onTimestamp(5, { complete: true });
    generator.onTimestamp(8, { complete: false });
    expect(generator.current()).toBe(5);
  });

  test('a bound that is no duration is refused', () => {
    expect(() => boundedOutOfOrderness('soon' as '1s')).toThrow('DURATION_INVALID');
  });
});

test('a mark keeps its numbers on the way, infinities and idleness included', () => {
  fc.assert(
    fc.property(
      fc.nat(46_655),
      fc.nat(46_655),
      fc.double({ noNaN: true }),
      fc.boolean(),
      (upstream, count, time, idle) => {
        const mark = { upstream, upstreamCount: count, watermark: time + 0, idle };
        const out = new ByteWriter(64);
        encodeMark(mark, out);
        expect(decodeMark(out.take())).toEqual(mark);
      },
    ),
  );
});
