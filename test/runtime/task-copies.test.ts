import { beforeEach, expect, test } from 'vitest';
import { BatchWriter } from '../../src/core/batch-writer.ts';
import { string } from '../../src/core/codec.ts';
import { systemClock } from '../../src/core/clock.ts';
import { RowBatch } from '../../src/core/row-batch.ts';
import { ByteWriter } from '../../src/core/byte-writer.ts';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { produce } from '../../src/connectors/produce.ts';
import { encodePosition, positionKey } from '../../src/runtime/changelog-position.ts';
import { TaskCopies, type ChangelogPlace } from '../../src/runtime/task-copies.ts';
import { MemoryStore } from '../../src/state/memory/memory-store.ts';

const topic = 'job-count-changelog';
const partitions = 150;

/** What the topic says of a partition's changelog. */
const deletionsKept = new Map([
  [10, 2 * 3_600_000],
  [11, 48 * 3_600_000],
]);

let log: MemoryLog;
let store: MemoryStore;
let copies: TaskCopies;
let rejoins: number;
let topicId: string;

beforeEach(async () => {
  log = new MemoryLog({ clock: systemClock, store: new MemoryStore() });
  store = new MemoryStore();
  rejoins = 0;
  await log.topics.create([{ name: topic, partitions, compacted: true }]);
  topicId = (await log.topics.describe([topic]))[0]!.id;
  const tasks = new Map<string, ChangelogPlace>(
    Array.from({ length: partitions }, (_, partition) => [
      `count-${String(partition)}`,
      { topic, topicId, partition, deletionsKeptMs: deletionsKept.get(partition) },
    ]),
  );
  copies = new TaskCopies({
    log,
    store,
    clock: systemClock,
    job: 'job',
    tasks,
    copyOf: (task) => {
      const { partition } = tasks.get(task)!;
      return { log, store, clock: systemClock, job: 'job', task, topic, partition, prefixes: [`${task}/`], keys: [] };
    },
    acceptableLag: 2,
    mail: (work) => {
      work();
    },
    rejoin: () => rejoins++,
    onWarning: (message) => expect.fail(message),
  });
  return () => copies.close();
});

async function write(partition: number, count: number): Promise<void> {
  const writer = new BatchWriter(topic, partition);
  for (let i = 0; i < count; i++) writer.append(`count-${String(partition)}/${String(i)}`, string, 'x', 0);
  await produce(log, 'test', [writer.seal()!]);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await systemClock.yield();
}

async function storePosition(task: string, offset: number, { id = topicId, at = systemClock.now() } = {}) {
  const rows = new RowBatch(new ByteWriter(64));
  rows.putBytes(positionKey('job', task), encodePosition({ topicId: id, offset, at }));
  await store.write([rows]);
}

test('a new generation is asked for once when a copy has caught up that a move waits for', async () => {
  await write(0, 5);
  await write(1, 5);
  copies.keep(['count-1'], ['count-0']);
  copies.tell();
  expect(copies.metadata([])).toMatchObject({ standbys: { 'count-1': null }, warmUps: { 'count-0': null } });
  await until(() => copies.lags.get('count-0') === 0 && copies.lags.get('count-1') === 0);
  expect(rejoins).toBe(1);
  expect(copies.metadata([])).toMatchObject({ warmUps: { 'count-0': 0 }, positions: { 'count-0': 5 } });
  copies.keep(['count-1'], ['count-0']);
  copies.tell();
  await write(0, 1);
  await until(() => copies.metadata([]).positions['count-0'] === 6);
  expect(rejoins).toBe(1);
});

test('a copy that had caught up before a move began to wait for it is told when it was not known yet', async () => {
  copies.keep(['count-0'], []);
  expect(copies.metadata([]).standbys).toEqual({ 'count-0': null });
  await until(() => copies.lags.get('count-0') === 0);
  expect(rejoins).toBe(0);
  copies.keep(['count-0'], ['count-0']);
  copies.tell();
  expect(rejoins).toBe(1);
});

test('the ends of changelogs are told of tasks that are held, as they were or as they have grown since', async () => {
  await write(0, 5);
  await write(1, 5);
  await copies.measure(['count-0', 'count-1', 'stateless']);
  await storePosition('count-1', 9);
  expect(copies.metadata(['count-0', 'count-1', 'stateless'])).toMatchObject({
    ends: { 'count-0': 5, 'count-1': 9 },
    positions: { 'count-1': 9 },
  });
});

test('ends that cannot be found out are not told, and hold nobody up', async () => {
  log.topics.bounds = () => Promise.reject(new RangeError('no'));
  await copies.measure(['count-0']);
  expect(copies.metadata(['count-0']).ends).toEqual({});
});

test('positions are told of state that is left of former tasks: the newest, and none that would not be trusted', async () => {
  const now = systemClock.now();
  for (let i = 0; i < partitions; i++) await storePosition(`count-${String(i)}`, 7, { at: now - i * 1_000 });
  await storePosition('count-0', 7, { id: 'another incarnation' });
  await storePosition('count-1', 7, { at: now - 13 * 3_600_000 });
  const told = Object.keys(copies.metadata(['count-149']).positions);
  expect(told).toHaveLength(101);
  expect(told).toEqual(expect.arrayContaining(['count-2', 'count-101', 'count-149']));
  expect(told).not.toEqual(expect.arrayContaining(['count-1']));
});

test('how old a position may be depends on how long its topic keeps deletions', async () => {
  const now = systemClock.now();
  for (const i of [9, 10, 11, 12]) await storePosition(`count-${String(i)}`, 7, { at: now - 3_600_001 });
  expect(Object.keys(copies.metadata([]).positions)).toEqual(['count-9', 'count-11', 'count-12']);
  for (const i of [9, 10, 11, 12]) await storePosition(`count-${String(i)}`, 7, { at: now - 13 * 3_600_000 });
  expect(Object.keys(copies.metadata([]).positions)).toEqual(['count-11']);
  expect(Object.keys(copies.metadata(['count-10']).positions)).toEqual(['count-10', 'count-11']);
});
