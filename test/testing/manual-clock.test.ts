import { describe, expect, it } from 'vitest';
import { delay } from '../../src/core/clock.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

describe('ManualClock', () => {
  it('fires due timers in order, each at its own time', async () => {
    const clock = new ManualClock(1_000);
    const fired: [string, number][] = [];
    clock.schedule(20, () => fired.push(['b', clock.now()]));
    clock.schedule(10, () => fired.push(['a', clock.now()]));
    clock.schedule(20, () => fired.push(['c', clock.now()]));
    clock.schedule(31, () => fired.push(['too late', clock.now()]));
    await clock.advance(30);
    expect(fired).toEqual([
      ['a', 1_010],
      ['b', 1_020],
      ['c', 1_020],
    ]);
    expect(clock.now()).toBe(1_030);
    expect(clock.pending).toBe(1);
    expect(clock.nextDelay).toBe(1);
  });

  it('runs a chain of delays inside the span', async () => {
    const clock = new ManualClock(0);
    const steps: number[] = [];
    const chain = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        await delay(clock, 10);
        steps.push(clock.monotonic());
      }
    };
    const done = chain();
    await clock.advance('1s');
    await done;
    expect(steps).toEqual([10, 20, 30]);
  });

  it('does not fire a cancelled timer', async () => {
    const clock = new ManualClock();
    const timer = clock.schedule(5, () => {
      throw new TypeError('fired');
    });
    timer.cancel();
    await clock.advance(10);
    expect(clock.pending).toBe(0);
  });

  it('moves to a moment', async () => {
    const clock = new ManualClock(100);
    await clock.advanceTo(250);
    expect(clock.now()).toBe(250);
    await clock.advanceTo(200);
    expect(clock.now()).toBe(250);
  });
});
