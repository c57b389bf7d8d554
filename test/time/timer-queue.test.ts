import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareText } from '../../src/core/compare-text.ts';
import { TimerQueue } from '../../src/time/timer-queue.ts';

function drain(queue: TimerQueue, time = Infinity): [number, string | number][] {
  const taken: [number, string | number][] = [];
  while (queue.take(time)) taken.push([queue.takenTime, queue.takenKey]);
  return taken;
}

test('gives timers by time, then by key text', () => {
  const queue = new TimerQueue();
  queue.add(20, 'a');
  queue.add(10, 'c');
  queue.add(10, 'b');
  expect(queue.next()).toBe(10);
  expect(drain(queue, 19)).toEqual([
    [10, 'b'],
    [10, 'c'],
  ]);
  expect(drain(queue)).toEqual([[20, 'a']]);
  expect(queue.next()).toBe(Infinity);
});

test('a second timer of the same key and time is the same timer', () => {
  const queue = new TimerQueue();
  expect(queue.add(10, 'a')).toBe(true);
  expect(queue.add(10, 'a')).toBe(false);
  expect(queue.size).toBe(1);
});

test('number keys are ordered by their text', () => {
  const queue = new TimerQueue();
  for (const key of [2, 10, 1]) queue.add(5, key);
  expect(drain(queue).map(([, key]) => key)).toEqual([1, 10, 2]);
});

test('a timer registered while its time is being fired takes its place among the rest', () => {
  const queue = new TimerQueue();
  for (const key of ['a', 'c', 'e']) queue.add(5, key);
  expect(queue.take(5)).toBe(true);
  queue.add(5, 'd');
  queue.add(5, 'a');
  queue.delete(5, 'e');
  queue.add(5, 'e');
  expect(drain(queue).map(([, key]) => key)).toEqual(['a', 'c', 'd', 'e']);
});

test('cut keeps the earliest timers', () => {
  const queue = new TimerQueue();
  for (const key of ['a', 'b', 'c']) for (const time of [1, 2]) queue.add(time, key, time);
  const removed: unknown[] = [];
  queue.cut(4, (...timer) => removed.push(timer));
  expect(removed).toEqual([
    [2, 'b', 2],
    [2, 'c', 2],
  ]);
  expect(drain(queue)).toHaveLength(4);
});

test('many cancelled timers leave nothing behind', () => {
  const queue = new TimerQueue();
  for (let i = 0; i < 10_000; i++) {
    queue.add(1_000_000 + i, 'k');
    queue.delete(1_000_000 + i, 'k');
  }
  expect(queue.size).toBe(0);
  expect(queue.next()).toBe(Infinity);
});

test('agrees with a sorted list under random registering, deleting and firing', () => {
  const timer = fc.record({
    time: fc.integer({ min: 0, max: 12 }),
    key: fc.constantFrom('a', 'b', 'é', '\uffee', '😀'),
  });
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('add' as const), timer }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), timer }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('take' as const), timer }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), timer }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new TimerQueue();
      let model: { time: number; key: string }[] = [];
      const sort = () => model.sort((a, b) => a.time - b.time || compareText(a.key, b.key));
      for (const { kind, timer } of steps) {
        const at = model.findIndex(({ time, key }) => time === timer.time && key === timer.key);
        if (kind === 'add') {
          expect(queue.add(timer.time, timer.key)).toBe(at === -1);
          if (at === -1) model.push(timer);
          sort();
        } else if (kind === 'delete') {
          expect(queue.delete(timer.time, timer.key)).toBe(at !== -1);
          if (at !== -1) model.splice(at, 1);
        } else if (kind === 'take') {
          const due = model[0] !== undefined && model[0].time <= timer.time;
          expect(queue.take(timer.time)).toBe(due);
          if (due) expect({ time: queue.takenTime, key: queue.takenKey }).toEqual(model.shift());
        } else {
          queue.cut(timer.time, () => {});
          model = model.slice(0, timer.time);
        }
        expect(queue.size).toBe(model.length);
        expect(queue.next()).toBe(model[0]?.time ?? Infinity);
      }
    }),
    { numRuns: 500 },
  );
});
