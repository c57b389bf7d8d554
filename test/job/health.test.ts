import { expect, test } from 'vitest';
import { HealthMonitor, defineTopology, json, leveldb, run, topic } from '../../src/index.ts';
import type { LogFactory } from '../../src/index.ts';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { systemClock } from '../../src/core/clock.ts';
import { MemoryStore } from '../../src/state/memory/memory-store.ts';
import { writeTopic } from '../support/write-topic.ts';

const numbers = topic('numbers', json<number>('number'));

test('a job is ready while it runs, and not any more while it drains', async () => {
  const store = new MemoryStore();
  const log = new MemoryLog({ store });
  const factory: LogFactory = {
    kind: 'memory',
    open: () => Promise.resolve({ log, store, close: () => Promise.resolve() }),
  };
  await log.topics.create([{ name: 'numbers', partitions: 1 }]);
  await writeTopic(log, numbers, [1]);
  let answer: ((value: number) => void) | undefined;
  const asking = defineTopology({
    name: 'asking',
    build(t) {
      t.source('numbers', numbers)
        .asyncMap('ask', () => new Promise<number>((resolve) => (answer = resolve)), { output: json<number>('number') })
        .sinkTo('answers', topic('answers', json<number>('number')));
    },
  });
  const health = new HealthMonitor(systemClock);
  const job = await run(asking, { log: factory, state: leveldb(), health, partitions: 1 });
  expect(health.ready().ok).toBe(false);
  while (answer === undefined) await systemClock.yield();
  expect(health.ready()).toEqual({ ok: true, reasons: [] });

  const drained = job.drain();
  expect(health.ready()).toEqual({ ok: false, reasons: ['job asking: draining'] });
  expect(health.live().ok).toBe(true);
  answer(2);
  await drained;
  expect(health.ready().ok).toBe(false);
  await log.close();
});
