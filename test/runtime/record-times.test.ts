import { expect, test } from 'vitest';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { defineTopology, run, string, topic, type LogFactory } from '../../src/index.ts';
import { MemoryStore } from '../../src/state/memory/memory-store.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { writeTopic } from '../support/write-topic.ts';

const copying = defineTopology({
  name: 'copying',
  build(t) {
    t.source('in', topic('in', string)).sinkTo('out', topic('out', string));
  },
});

/** Timestamps of what a job writes that reads a record without time and one of time 7. */
async function timesOn(log: MemoryLog, store: MemoryStore, clock: ManualClock): Promise<readonly number[]> {
  const factory: LogFactory = {
    kind: log.kind,
    open: () => Promise.resolve({ log, store, close: () => Promise.resolve() }),
  };
  await log.topics.create([{ name: 'in', partitions: 1 }]);
  await writeTopic(log, topic('in', string), ['timeless', 'timed'], (value) => (value === 'timed' ? 7 : NaN));
  const job = await run(copying, { log: factory, bounded: true, clock, partitions: 1 });
  await job.finished;
  const [fetched] = await log.reader().fetch({
    partitions: [{ topic: 'out', partition: 0, offset: 0 }],
    partitionBytes: 1e6,
    maxWaitMs: 0,
    isolation: 'committed',
  });
  return [...fetched!.batch!.timestamps.subarray(0, 2)];
}

test('records without event time stay so on a log of our own', async () => {
  const [clock, store] = [new ManualClock(1_000), new MemoryStore()];
  expect(await timesOn(new MemoryLog({ clock, store }), store, clock)).toEqual([NaN, 7]);
});

test('where others read them too, they get the time of writing', async () => {
  const [clock, store] = [new ManualClock(1_000), new MemoryStore()];
  const shared = Object.assign(new MemoryLog({ clock, store }), { timesRecords: true });
  expect(await timesOn(shared, store, clock)).toEqual([1_000, 7]);
});
