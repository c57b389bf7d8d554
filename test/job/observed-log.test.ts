import { expect, test } from 'vitest';
import { memoryLog, run, defineTopology, json, topic, MetricsRegistry } from '../../src/index.ts';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { observedLog } from '../../src/job/observed-log.ts';
import { commitOf, sealed } from '../../src/testing/suites/log-suite-kit.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { writeTopic } from '../support/write-topic.ts';

test('tells how long the log took for a commit, and how often the group gave out its tasks', async () => {
  const clock = new ManualClock();
  const inner = new MemoryLog({ clock });
  const seen: (number | 'rebalance')[] = [];
  const log = observedLog(inner, clock, {
    onRebalance: () => seen.push('rebalance'),
    onTransaction: (durationMs) => seen.push(durationMs),
  });
  expect([log.kind, log.shared, log.topics]).toEqual([inner.kind, inner.shared, inner.topics]);
  await log.topics.create([{ name: 'numbers', partitions: 1 }]);
  const transactor = await log.transactor('a', 1_000);
  expect(transactor.id).toBe('a');
  await transactor.commit(commitOf([sealed(0, ['x'])]));
  expect(seen).toEqual([0]);
  await log.transactor('a', 1_000);
  await expect(transactor.commit(commitOf([sealed(0, ['x'])]))).rejects.toThrow('FENCED');
  expect(seen).toEqual([0]); // what was not taken has no duration
  await log.close();
});

test('a running job shows both', async () => {
  const metrics = new MetricsRegistry();
  const copy = defineTopology({
    name: 'copy',
    build: (t) => t.source('in', topic('in', json<number>())).sinkTo('out', topic('out', json<number>())),
  });
  const job = await run(copy, { log: memoryLog(), metrics });
  await writeTopic(job.log, topic('in', json<number>()), [1, 2, 3]);
  await expect.poll(() => job.status.recordsOut).toBe(3);
  await expect.poll(() => metrics.render()).toMatch(/millrace_transaction_duration_seconds_count\{job="copy"\} [1-9]/);
  expect(await metrics.render()).toContain('millrace_rebalances_total{job="copy"} 1');
  await job.drain();
});
