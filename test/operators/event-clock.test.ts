import { describe, expect, test } from 'vitest';
import { EventClock } from '../../src/operators/event-clock.ts';

/** The target after each update of [input, time, idle?]. */
function targets(clock: EventClock, ...updates: readonly [input: number, time: number, idle?: boolean][]): number[] {
  return updates.map(([input, time, idle = false]) => {
    clock.update(input, time, idle);
    return clock.target;
  });
}

describe('EventClock', () => {
  test('is the minimum over its inputs', () => {
    expect(targets(new EventClock(2), [0, 5], [1, 7])).toEqual([-Infinity, 5]);
  });

  test('leaves an idle input out and never goes back when it returns', () => {
    expect(targets(new EventClock(2), [0, 5], [1, 9], [0, 5, true], [0, 5], [0, 6])).toEqual([-Infinity, 5, 9, 9, 9]);
  });

  test('moves with the slowest follower when all inputs are idle', () => {
    const clock = new EventClock(2);
    targets(clock, [0, 5], [1, 5], [0, 5, true], [1, 5, true]);
    expect(clock.idle).toBe(true);
    expect(targets(clock, [0, 20, true], [1, 15, true])).toEqual([5, 15]);
    expect(clock.idle).toBe(true);
  });

  test('does not wait for an idle input that never had a time', () => {
    const clock = new EventClock(3);
    expect(targets(clock, [0, -Infinity, true], [1, 5, true], [2, -Infinity, true])).toEqual([-Infinity, -Infinity, 5]);
    expect(targets(clock, [1, 8, true], [0, -Infinity], [1, 9, true])).toEqual([8, 8, 8]);
  });

  test('tells whether anything changed for those behind it', () => {
    const clock = new EventClock(2);
    expect(clock.update(0, 5, false)).toBe(false);
    expect(clock.update(1, 7, false)).toBe(true);
    expect(clock.update(1, 9, false)).toBe(false);
    expect(clock.update(0, 5, true)).toBe(true);
    expect(clock.update(1, 9, true)).toBe(true);
  });

  test('arrives when it is told, not before', () => {
    const clock = new EventClock(1);
    clock.update(0, 5, false);
    expect(clock.watermark).toBe(-Infinity);
    clock.arrive();
    expect(clock.watermark).toBe(5);
  });

  test('lets new inputs enter at the current time', () => {
    const clock = new EventClock(1);
    targets(clock, [0, 10]);
    clock.arrive();
    expect(targets(clock.grown(2), [0, 12], [1, 11])).toEqual([10, 11]);
  });
});
