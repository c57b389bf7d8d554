import { expect, test } from 'vitest';
import { MetricsRegistry, defineTopology, json, leveldb, monotonousTimestamps, run, topic } from '../../src/index.ts';
import type { LogFactory } from '../../src/index.ts';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { systemClock } from '../../src/core/clock.ts';
import { engineMetrics } from '../../src/observability/engine-metrics.ts';
import { MemoryStore } from '../../src/state/memory/memory-store.ts';
import { writeTopic } from '../support/write-topic.ts';

const times = topic('times', json<number>('time'));

const passing = defineTopology({
  name: 'passing',
  build(t) {
    t.source('times', times, { watermarks: monotonousTimestamps((time) => time) })
      .process('first', {
        output: json<number>('time'),
        onElement(time, ctx) {
          ctx.emit(time);
        },
      })
      .keyBy(String)
      .process('keyed', {
        output: json<number>('time'),
        onElement(time, ctx) {
          ctx.emit(time);
        },
      })
      .sinkTo('out', topic('out', json<number>('time')));
  },
});

test('records that come after the watermark had passed them are counted where they meet it', async () => {
  const store = new MemoryStore();
  const log = new MemoryLog({ store });
  const factory: LogFactory = {
    kind: 'memory',
    open: () => Promise.resolve({ log, store, close: () => Promise.resolve() }),
  };
  await log.topics.create([{ name: 'times', partitions: 1 }]);
  await writeTopic(log, times, [10, 20]);
  const metrics = new MetricsRegistry();
  const job = await run(passing, { log: factory, state: leveldb(), metrics, partitions: 1 });
  const arrived = async (count: number): Promise<void> => {
    while (job.status.recordsIn < count) await systemClock.yield();
  };
  await arrived(2);
  await writeTopic(log, times, [19, 20, 21]);
  await arrived(5);
  const late = metrics.read(engineMetrics.recordsLate).filter(({ value }) => value > 0);
  expect(late).toEqual([
    { labels: { job: 'passing', operator: 'first' }, value: 1 },
    { labels: { job: 'passing', operator: 'keyed' }, value: 1 },
  ]);
  await job.close();
  await log.close();
});
