import { expect, test } from 'vitest';
import { HealthMonitor } from '../../src/observability/health-monitor.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

test('is live while every loop turns, and says which one is stuck', async () => {
  const clock = new ManualClock();
  const health = new HealthMonitor(clock, { stuckAfter: '30s' });
  const worker = { name: 'worker 0', lastTurn: clock.monotonic(), notReady: undefined };
  health.add(worker);
  await clock.advance('30s');
  expect(health.live()).toEqual({ ok: true, reasons: [] });
  await clock.advance('1s');
  expect(health.live()).toEqual({ ok: false, reasons: ['worker 0 has made no turn for 31.0 s.'] });
  worker.lastTurn = clock.monotonic();
  expect(health.live().ok).toBe(true);
});

test('is live but not ready while state is restored', () => {
  const health = new HealthMonitor(new ManualClock());
  const worker = { name: 'worker 0', lastTurn: 0, notReady: '1200 records to restore' as string | undefined };
  health.add(worker);
  expect(health.live().ok).toBe(true);
  expect(health.ready()).toEqual({ ok: false, reasons: ['worker 0: 1200 records to restore'] });
  worker.notReady = undefined;
  expect(health.ready().ok).toBe(true);
});

test('is not ready before anything has started, and forgets parts that were taken out', () => {
  const health = new HealthMonitor(new ManualClock());
  expect(health.ready()).toEqual({ ok: false, reasons: ['The job has not started.'] });
  const remove = health.add({ name: 'worker 0', lastTurn: undefined, notReady: 'starting' });
  health.add({ name: 'worker 1', lastTurn: undefined, notReady: undefined });
  expect(health.ready().ok).toBe(false);
  remove();
  expect(health.ready().ok).toBe(true);
});
