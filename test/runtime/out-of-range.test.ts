import { expect, test } from 'vitest';
import { defineTopology, json, leveldb, run, topic, type LogFactory, type RunOptions } from '../../src/index.ts';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { MemoryStore } from '../../src/state/memory/memory-store.ts';
import { readTopic } from '../support/read-topic.ts';
import { writeTopic } from '../support/write-topic.ts';

const items = topic('items', json<number>('item'));
const out = topic('out', json<number>('item'));

const copying = (outOfRange?: 'fail' | 'earliest' | 'latest') =>
  defineTopology({
    name: 'copying',
    build(t) {
      t.source('items', items, outOfRange === undefined ? {} : { outOfRange }).sinkTo('out', out);
    },
  });

/** Reads some records, loses others to retention, writes more: what does the second run copy? */
async function secondRun(topology: ReturnType<typeof copying>, options: RunOptions<never> = {}) {
  const store = new MemoryStore();
  const log = new MemoryLog({ store });
  const factory: LogFactory = {
    kind: 'memory',
    open: () => Promise.resolve({ log, store, close: () => Promise.resolve() }),
  };
  const warnings: string[] = [];
  const once = async (): Promise<void> => {
    const job = await run(topology, {
      log: factory,
      state: leveldb(),
      bounded: true,
      partitions: 1,
      restart: { attempts: 0 },
      onWarning: (message) => warnings.push(message),
      ...options,
    });
    await job.finished;
  };
  await log.topics.create([{ name: 'items', partitions: 1 }]);
  await writeTopic(log, items, [1, 2]);
  await once();
  await writeTopic(log, items, [3, 4, 5]);
  await log.topics.deleteRecords([{ topic: 'items', partition: 0, offset: 3 }]);
  await once();
  return { copied: (await readTopic(log, 'out', out.codec)).flat(), warnings };
}

test('a position that retention has overtaken is an error that names the partition', async () => {
  await expect(secondRun(copying())).rejects.toMatchObject({
    code: 'OFFSET_OUT_OF_RANGE',
    place: { topic: 'items', partition: 0 },
  });
});

test('the user may choose to go on with what is left, and is told what is lost', async () => {
  const { copied, warnings } = await secondRun(copying('earliest'));
  expect(copied).toEqual([1, 2, 4, 5]);
  expect(warnings).toEqual([expect.stringContaining('items-0 was to be read at 2, but holds 3 to 5')]);
});

test('or with what comes from now on', async () => {
  expect((await secondRun(copying('latest'))).copied).toEqual([1, 2]);
});

test('a run may overrule the topology', async () => {
  expect((await secondRun(copying(), { start: { '*': 'earliest' } })).copied).toEqual([1, 2, 4, 5]);
});

test('a source that must have a position does not start without one', async () => {
  await expect(secondRun(copying(), { start: { items: 'none' } })).rejects.toMatchObject({
    code: 'OFFSET_OUT_OF_RANGE',
    place: { operator: 'items' },
  });
});
