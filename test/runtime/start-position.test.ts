import { expect, test } from 'vitest';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { systemClock } from '../../src/core/clock.ts';
import { defineTopology, json, leveldb, run, topic, type LogFactory, type StartPosition } from '../../src/index.ts';
import { MemoryStore } from '../../src/state/memory/memory-store.ts';
import { readTopic } from '../support/read-topic.ts';
import { writeTopic } from '../support/write-topic.ts';

const items = topic('items', json<number>('item'));
const out = topic('out', json<number>('item'));
const hourMs = 3_600_000;
const now = 10 * hourMs;

/** What a first run copies of records that are five to one hours old. */
async function copied(start: StartPosition): Promise<readonly number[]> {
  const store = new MemoryStore();
  const log = new MemoryLog({ store });
  const factory: LogFactory = {
    kind: 'memory',
    open: () => Promise.resolve({ log, store, close: () => Promise.resolve() }),
  };
  await log.topics.create([{ name: 'items', partitions: 1 }]);
  await writeTopic(log, items, [5, 4, 3, 2, 1], (age) => now - age * hourMs);
  const topology = defineTopology({
    name: 'copying',
    build(t) {
      t.source('items', items, { start }).sinkTo('out', out);
    },
  });
  const clock = { ...systemClock, now: () => now };
  const job = await run(topology, { log: factory, state: leveldb(), clock, bounded: true, partitions: 1 });
  await job.finished;
  return (await readTopic(log, 'out', out.codec)).flat();
}

test.each<readonly [StartPosition, readonly number[]]>([
  ['earliest', [5, 4, 3, 2, 1]],
  [{ timestamp: now - 2 * hourMs }, [2, 1]],
  [{ duration: '2h' }, [2, 1]],
  [{ duration: '119m' }, [1]],
  ['latest', []],
])('a job without a position starts at %o', async (start, expected) => {
  expect(await copied(start)).toEqual(expected);
});
