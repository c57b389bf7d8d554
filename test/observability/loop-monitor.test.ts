import { expect, test } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import { engineMetrics } from '../../src/observability/engine-metrics.ts';
import { LoopMonitor } from '../../src/observability/loop-monitor.ts';
import { MetricsRegistry } from '../../src/observability/metrics-registry.ts';
import { structuredLogger } from '../../src/observability/structured-logger.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

test('reports how late its timer fired and warns about a blocked loop', async () => {
  const manual = new ManualClock();
  let blockedMs = 0;
  const clock: Clock = {
    now: () => manual.now(),
    monotonic: () => manual.monotonic() + blockedMs,
    schedule: (delayMs, callback) => manual.schedule(delayMs, callback),
    yield: () => manual.yield(),
  };
  const lines: string[] = [];
  const registry = new MetricsRegistry();
  const monitor = new LoopMonitor(clock, structuredLogger({ clock, write: (line) => lines.push(line) }));
  registry.add(monitor);
  await manual.advance('500ms');
  expect(registry.read(engineMetrics.eventLoopLag)).toEqual([{ labels: {}, value: 0 }]);
  blockedMs = 2_500;
  await manual.advance('500ms');
  expect(registry.read(engineMetrics.eventLoopLag)).toEqual([{ labels: {}, value: 2.5 }]);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('blockedMs=2500');
  monitor.close();
  expect(manual.pending).toBe(0);
});
