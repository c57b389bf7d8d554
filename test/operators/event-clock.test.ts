import { describe, expect, test } from 'vitest';
import { EventClock } from '../../src/operators/event-clock.ts';

describe('EventClock', () => {
  test('is the minimum over its inputs', () => {
    const clock = new EventClock(2);
    expect(clock.advance(0, 5)).toBe(-Infinity);
    expect(clock.advance(1, 7)).toBe(5);
  });

  test('leaves an idle input out and never goes back when it returns', () => {
    const clock = new EventClock(2);
    clock.advance(0, 5);
    clock.watermark = clock.advance(1, 9);
    clock.watermark = clock.setIdle(0, true);
    expect(clock.watermark).toBe(9);
    expect(clock.setIdle(0, false)).toBe(9);
    expect(clock.advance(0, 6)).toBe(9);
  });

  test('moves with the slowest follower when all inputs are idle', () => {
    const clock = new EventClock(2);
    clock.advance(0, 5);
    clock.watermark = clock.advance(1, 5);
    clock.setIdle(0, true);
    clock.setIdle(1, true);
    expect(clock.idle).toBe(true);
    expect(clock.follow(0, 20)).toBe(5);
    expect(clock.follow(1, 15)).toBe(15);
    expect(clock.idle).toBe(true);
  });

  test('lets new inputs enter at the current time', () => {
    const clock = new EventClock(1);
    clock.watermark = clock.advance(0, 10);
    const grown = clock.grown(2);
    expect(grown.advance(0, 12)).toBe(10);
    expect(grown.advance(1, 11)).toBe(11);
  });
});
