import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareText } from '../../src/core/compare-text.ts';
import { MAX_TIME, parseTime, timeText } from '../../src/state/time-text.ts';

const times = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -MAX_TIME, max: MAX_TIME }));

test('times come back from their text', () => {
  fc.assert(
    fc.property(times, (time) => {
      expect(parseTime(`${timeText(time)}-rest`)).toEqual({ time, rest: '-rest' });
    }),
  );
});

test('text sorts like the times', () => {
  fc.assert(
    fc.property(times, times, (a, b) => {
      expect(Math.sign(compareText(timeText(a), timeText(b)))).toBe(Math.sign(a - b));
    }),
  );
});
