/** Tasks that restore do not hold up those that are ready. */
import { expect, test } from 'vitest';
import { defineTopology, json, number, run, topic, valueState } from '../../src/index.ts';
import type { JobHandle } from '../../src/index.ts';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { Log, LogReader } from '../../src/core/log.ts';
import { partitionOf } from '../../src/core/partitioner.ts';
import { levelState } from '../../src/state/leveldb/level-state.ts';
import { MemoryStore } from '../../src/state/memory/memory-store.ts';
import { readTopic } from '../support/read-topic.ts';
import { writeTopic } from '../support/write-topic.ts';

interface Count {
  readonly key: string;
  readonly count: number;
}

const codec = json<Count>('count');
const words = topic('words', json<string>('word'), { key: (word) => word });
const counts = topic('counts', codec, { key: ({ key }) => key });

const counting = defineTopology({
  name: 'counting',
  build(t) {
    t.source('words', words)
      .keyedByRecordKey((word) => word)
      .process('count', {
        output: codec,
        state: { count: valueState(number) },
        onElement(_word, ctx) {
          const count = (ctx.state.count.get() ?? 0) + 1;
          ctx.state.count.set(count);
          ctx.emit({ key: ctx.key, count });
        },
      })
      .sinkTo('counts', counts);
  },
});

/** A word of each of the two partitions. */
const [first, second] = [0, 1].map((partition) =>
  ['a', 'b', 'c', 'd'].find((word) => partitionOf(word, 2) === partition)!,
) as [string, string];

/** A log without rows, so that state is restored from changelogs; that of partition 1 can be held back. */
function withChangelogs() {
  const log = new MemoryLog();
  let gate = Promise.resolve();
  let asked = false;
  const gated: Log = {
    kind: log.kind,
    storesRows: log.storesRows,
    shared: log.shared,
    topics: log.topics,
    join: (spec) => log.join(spec),
    transactor: (id, timeoutMs) => log.transactor(id, timeoutMs),
    close: () => log.close(),
    reader: (): LogReader => {
      const reader = log.reader();
      return {
        fetch: async (request) => {
          const [place] = request.partitions;
          if (place?.topic.endsWith('-changelog') === true && place.partition === 1) {
            asked = true;
            await gate;
          }
          return await reader.fetch(request);
        },
        close: () => reader.close(),
      };
    },
  };
  return {
    log,
    start: (): Promise<JobHandle> => {
      const store = new MemoryStore();
      const close = (): Promise<void> => Promise.resolve();
      return run(counting, {
        log: { kind: 'memory', open: () => Promise.resolve({ log: gated, store, close }) },
        state: { kind: 'leveldb', open: () => Promise.resolve({ backend: levelState(store), store, close }) },
        exchange: 'log',
        commit: { linger: 0, interval: 0 },
        partitions: 2,
      });
    },
    hold: (): (() => void) => {
      let release!: () => void;
      asked = false;
      gate = new Promise((resolve) => (release = resolve));
      return release;
    },
    restoring: async () => {
      while (!asked) await systemClock.yield();
    },
  };
}

async function results(log: Log, count: number): Promise<Count[]> {
  for (;;) {
    const found = (await readTopic(log, 'counts', codec)).flat();
    if (found.length >= count) return found;
    await systemClock.yield();
  }
}

/** Two words were counted once each and the disk was lost; the second word's task cannot restore yet. */
async function halfRestored() {
  const { log, start, hold, restoring } = withChangelogs();
  await log.topics.create([{ name: 'words', partitions: 2 }]);
  await writeTopic(log, words, [first, second]);
  const before = await start();
  await results(log, 2);
  await before.close();
  const release = hold();
  const job = await start();
  await restoring();
  return { log, job, release };
}

test('a task that is ready processes and commits while another one restores', async () => {
  const { log, job, release } = await halfRestored();
  await writeTopic(log, words, [first, second]);
  const found = await results(log, 3);
  expect(found).toHaveLength(3);
  expect(found).toContainEqual({ key: first, count: 2 });
  expect(job.status).toMatchObject({ phase: 'restoring', tasks: 1 });

  release();
  expect(await results(log, 4)).toContainEqual({ key: second, count: 2 });
  expect(job.status).toMatchObject({ phase: 'running', tasks: 2 });
  await job.close();
});

test('a drain waits until all tasks are restored and have finished what they had', async () => {
  const { log, job, release } = await halfRestored();
  let drained = false;
  const draining = job.drain().then(() => (drained = true));
  for (let i = 0; i < 20; i++) await systemClock.yield();
  expect(drained).toBe(false);
  release();
  await draining;
  expect(await results(log, 2)).toHaveLength(2);
});

test('closing does not wait for a restore', async () => {
  const { log, job, release } = await halfRestored();
  await writeTopic(log, words, [first]);
  await results(log, 3);
  const closing = job.close();
  release();
  await closing;
  expect(job.status.phase).toBe('stopped');
});
