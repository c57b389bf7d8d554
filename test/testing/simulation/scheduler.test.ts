import { describe, expect, it } from 'vitest';
import { delay } from '../../../src/core/clock.ts';
import { Scheduler } from '../../../src/testing/simulation/scheduler.ts';
import { seededRandom } from '../../../src/testing/simulation/seeded-random.ts';

async function actors(seed: number): Promise<{ order: string; trace: number }> {
  const scheduler = new Scheduler(seededRandom(seed));
  const order: string[] = [];
  for (const name of ['a', 'b', 'c']) {
    void (async () => {
      for (let i = 0; i < 4; i++) {
        await scheduler.yield();
        order.push(name);
      }
      await delay(scheduler, 5);
      order.push(name.toUpperCase());
    })();
  }
  expect(await scheduler.run(() => false, 1_000)).toBe('idle');
  return { order: order.join(''), trace: scheduler.trace };
}

describe('Scheduler', () => {
  it('repeats itself for the same seed and differs for others', async () => {
    const first = await actors(7);
    expect(await actors(7)).toEqual(first);
    const orders = new Set<string>();
    for (let seed = 0; seed < 20; seed++) orders.add((await actors(seed)).order);
    expect(orders.size).toBeGreaterThan(10);
  });

  it('runs events in order of virtual time', async () => {
    const scheduler = new Scheduler(seededRandom(1));
    const times: number[] = [];
    for (const ms of [30, 10, 20, 10]) scheduler.schedule(ms, () => times.push(scheduler.time));
    await scheduler.run(() => false, 100);
    expect(times).toEqual([10, 10, 20, 30]);
  });

  it('lets all promises settle between two events', async () => {
    const scheduler = new Scheduler(seededRandom(1));
    let depth = 0;
    scheduler.schedule(1, () => {
      void (async () => {
        for (let i = 0; i < 1_000; i++) await Promise.resolve();
        depth = 1_000;
      })();
    });
    let seen = 0;
    scheduler.schedule(2, () => (seen = depth));
    await scheduler.run(() => false, 100);
    expect(seen).toBe(1_000);
  });

  it('drops events of a dead owner and holds those of a stopped one', async () => {
    const scheduler = new Scheduler(seededRandom(1));
    const fired: string[] = [];
    const dead = { name: 'dead', alive: true, stoppedUntil: 0 };
    const stopped = { name: 'stopped', alive: true, stoppedUntil: 50 };
    scheduler.at(10, 'dead', () => fired.push('dead'), dead);
    scheduler.at(10, 'first', () => fired.push('first'), stopped);
    scheduler.at(20, 'second', () => fired.push('second'), stopped);
    scheduler.at(30, 'world', () => fired.push('world'));
    dead.alive = false;
    await scheduler.run(() => false, 100);
    expect(fired).toEqual(['world', 'first', 'second']);
    expect(scheduler.time).toBe(50);
  });

  it('ends a run that never gets done and tells what it waits for', async () => {
    const scheduler = new Scheduler(seededRandom(1));
    const again = (): void => {
      scheduler.at(1, 'asks again', again);
    };
    again();
    expect(await scheduler.run(() => false, 50)).toBe('step-limit');
    expect(scheduler.steps).toBe(50);
    expect(scheduler.report()).toMatch(/waiting for:\n.*asks again/);
  });
});
