import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { MemoryLog } from '../../../src/connectors/memory-log.ts';
import { defineTopology, json, leveldb, number, restore, run, topic, valueState } from '../../../src/index.ts';
import type { LogFactory } from '../../../src/index.ts';
import type { Store } from '../../../src/core/store.ts';
import { StreamError } from '../../../src/core/stream-error.ts';
import { describeTopics } from '../../../src/job/prepare-topics.ts';
import type { SavepointPart } from '../../../src/job/savepoints/savepoint-part.ts';
import { readManifest } from '../../../src/state/savepoint-format.ts';
import { MemoryStore } from '../../../src/state/memory/memory-store.ts';
import { readTopic } from '../../support/read-topic.ts';
import { writeTopic } from '../../support/write-topic.ts';
import { keysOf } from '../../support/keys-of.ts';

interface Item {
  readonly key: string;
  readonly n: number;
}

const items = topic('items', json<Item>('item'), { key: (item) => item.key });
const sums = topic('sums', json<Item>('item'), { key: (item) => item.key });

function summing(partitions: number, operator = 'sum') {
  return defineTopology({
    name: 'summing',
    build(t) {
      t.source('items', items)
        .keyBy((item) => item.key, { partitions })
        .process(operator, {
          output: json<Item>('item'),
          state: { sum: valueState(number) },
          onElement(item, ctx) {
            const sum = (ctx.state.sum.get() ?? 0) + item.n;
            ctx.state.sum.set(sum);
            ctx.emit({ key: item.key, n: sum });
          },
        })
        .sinkTo('sums', sums);
    },
  });
}

let folder: string;
let store: MemoryStore;
let log: MemoryLog;
let factory: LogFactory;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-savepoint-'));
  store = new MemoryStore();
  log = new MemoryLog({ store });
  factory = { kind: 'memory', open: () => Promise.resolve({ log, store, close: () => Promise.resolve() }) };
  await log.topics.create([{ name: 'items', partitions: 2 }]);
});

afterEach(async () => {
  await log.close();
  await rm(folder, { recursive: true, force: true });
});

const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const write = (n: number): Promise<void> =>
  writeTopic(
    log,
    items,
    keys.map((key) => ({ key, n })),
  );

async function runToEnd(partitions: number): Promise<void> {
  const job = await run(summing(partitions), { log: factory, state: leveldb(), bounded: true, partitions: 2 });
  await job.finished;
}

async function takeSavepoint(partitions: number, name: string): Promise<string> {
  const job = await run(summing(partitions), { log: factory, state: leveldb(), partitions: 2 });
  const target = join(folder, name);
  while (job.status.recordsIn < keys.length) await systemClock.yield();
  await job.savepoint(target);
  await job.close();
  return target;
}

async function lastSums(): Promise<Record<string, number>> {
  const last: Record<string, number> = {};
  for (const { key, n } of (await readTopic(log, 'sums', sums.codec)).flat()) last[key] = n;
  return last;
}

const all = (n: number): Record<string, number> => Object.fromEntries(keys.map((key) => [key, n]));

test('a job goes back to a savepoint, state and positions together', async () => {
  await write(1);
  const from = await takeSavepoint(2, 'one');
  await write(10);
  await runToEnd(2);
  expect(await lastSums()).toEqual(all(11));
  await restore(summing(2), { log: factory, state: leveldb(), from, force: true });
  await runToEnd(2); // reads the second batch again, on the state of the first
  expect(await lastSums()).toEqual(all(11));
});

test('of the topics a savepoint says identity and partitions, whatever else the log tells of them', async () => {
  const { describe } = log.topics;
  log.topics.describe = async (names) =>
    (await describe.call(log.topics, names)).map((topic) => topic && { ...topic, deletionsKeptMs: 1_000 });
  expect((await describeTopics(log, ['items'])).get('items')).toMatchObject({ partitions: 2, deletionsKeptMs: 1_000 });
  await write(1);
  const { extra } = await readManifest(await takeSavepoint(2, 'told'));
  const { topics } = extra as SavepointPart;
  const told = { id: expect.any(String) as string, partitions: 2 };
  expect(topics).toEqual({ items: told, 'summing-items-redrive': told });
});

test('keys move to their partition when a stage behind an exchange gets another number of them', async () => {
  await write(1);
  const from = await takeSavepoint(2, 'two');
  await write(10);
  await expect(runToEnd(3)).rejects.toThrow(/GRAPH_CHANGED.*had 2 partitions, has 3/);
  await restore(summing(3), { log: factory, state: leveldb(), from, force: true });
  await runToEnd(3);
  expect(await lastSums()).toEqual(all(11));
});

test('keys that are spread over fewer partitions than their stage has tasks stay there, or are refused', async () => {
  const more = topic('more', json<Item>('item'));
  const unioned = (partitions: number) =>
    defineTopology({
      name: 'summing',
      build(t) {
        t.source('items', items)
          .keyBy((item) => item.key, { partitions })
          .process('sum', {
            output: json<Item>('item'),
            state: { sum: valueState(number) },
            onElement(item, ctx) {
              const sum = (ctx.state.sum.get() ?? 0) + item.n;
              ctx.state.sum.set(sum);
              ctx.emit({ key: item.key, n: sum });
            },
          })
          .union(t.source('more', more))
          .sinkTo('sums', sums);
      },
    });
  const options = { log: factory, state: leveldb(), partitions: 2 } as const;
  await log.topics.create([{ name: 'more', partitions: 8 }]);
  await write(1);
  const job = await run(unioned(2), options);
  while (job.status.recordsIn < keys.length) await systemClock.yield();
  const from = join(folder, 'unioned');
  await job.savepoint(from);
  await job.close();
  await write(10);
  await expect(run(unioned(5), options)).rejects.toThrow(/GRAPH_CHANGED.*had its keys in 2 partitions, has them in 5/);
  await expect(restore(unioned(5), { ...options, from, force: true })).rejects.toThrow(
    /GRAPH_CHANGED.*the keys in 2 of 8 tasks, this graph in 5 of 8/,
  );
  await restore(unioned(2), { ...options, from, force: true });
  await (
    await run(unioned(2), { ...options, bounded: true })
  ).finished;
  expect(await lastSums()).toEqual(all(11));
});

test('what went from stage to stage over the log since a savepoint does not come twice', async () => {
  const options = { log: factory, state: leveldb(), exchange: 'log', partitions: 2 } as const;
  const toEnd = async () => (await run(summing(2), { ...options, bounded: true })).finished;
  await write(1);
  const job = await run(summing(2), options);
  while (job.status.recordsIn < keys.length) await systemClock.yield();
  const from = join(folder, 'by-log');
  await job.savepoint(from);
  await job.close();
  await write(10);
  await toEnd();
  await restore(summing(2), { log: factory, state: leveldb(), from, force: true });
  await toEnd(); // writes the second batch to the exchange again
  expect(await lastSums()).toEqual(all(11));
});

test.each(['direct', 'log'] as const)('stages that met otherwise go on from a savepoint, now %s', async (exchange) => {
  const options = { log: factory, state: leveldb(), partitions: 2 } as const;
  await write(1);
  const job = await run(summing(2), { ...options, exchange: exchange === 'log' ? 'direct' : 'log' });
  while (job.status.recordsIn < keys.length) await systemClock.yield();
  const from = join(folder, exchange);
  await job.savepoint(from);
  await job.close();
  await write(10);
  await restore(summing(2), { ...options, from, force: true, exchange });
  await (
    await run(summing(2), { ...options, exchange, bounded: true })
  ).finished;
  expect(await lastSums()).toEqual(all(11));
});

test('a restore that ends in the middle leaves a job that does not start, and can be done again', async () => {
  await write(1);
  const from = await takeSavepoint(2, 'broken');
  await write(10);
  await runToEnd(2);
  const broken: Store = {
    get: (key) => store.get(key),
    scan: (range) => store.scan(range),
    deleteRange: (range) => store.deleteRange(range),
    size: (range) => store.size(range),
    close: () => Promise.resolve(),
    write: async ([batch]) => {
      if (keysOf(batch!).some((key) => key.endsWith('a'))) throw new StreamError('STATE_CORRUPT', 'the disk is gone');
      await store.write([batch!]);
    },
  };
  const onBroken: LogFactory = {
    ...factory,
    open: () => Promise.resolve({ log, store: broken, close: async () => {} }),
  };
  const options = { state: leveldb(), from, force: true };
  await expect(restore(summing(2), { ...options, log: onBroken })).rejects.toThrow(/the disk is gone/);
  await expect(runToEnd(2)).rejects.toThrow(/STATE_MISMATCH/);
  await restore(summing(2), { ...options, log: factory });
  await runToEnd(2);
  expect(await lastSums()).toEqual(all(11));
});

test('beside copies of its inputs a savepoint is restored when one says that they are', async () => {
  await write(1);
  const from = await takeSavepoint(2, 'moved');
  store = new MemoryStore();
  log = new MemoryLog({ store });
  const options = { log: factory, state: leveldb(), from, partitions: 2 };
  await expect(restore(summing(2), options)).rejects.toThrow(/SAVEPOINT_INVALID.*items.*does not exist/);
  await log.topics.create([{ name: 'items', partitions: 2 }]);
  await expect(restore(summing(2), options)).rejects.toThrow(/SAVEPOINT_INVALID.*another topic.*--copied-topics/);
  const copied = { ...options, copiedTopics: true };
  await expect(restore(summing(2), copied)).rejects.toThrow(/SAVEPOINT_INVALID.*ends at 0, the savepoint is at/);
  await write(1);
  await restore(summing(2), copied);
  await write(10);
  await runToEnd(2);
  expect(await lastSums()).toEqual(all(11));
});

test('refuses to put a savepoint over state that is there, unless told to', async () => {
  await write(1);
  const from = await takeSavepoint(2, 'three');
  await expect(restore(summing(2), { log: factory, state: leveldb(), from })).rejects.toThrow(
    /SAVEPOINT_INVALID.*already has/,
  );
});

test('refuses a graph that cannot read the savepoint, and a folder that is none', async () => {
  await write(1);
  const from = await takeSavepoint(2, 'four');
  const options = { log: factory, state: leveldb(), force: true };
  await expect(restore(summing(2, 'total'), { ...options, from })).rejects.toThrow(/GRAPH_CHANGED.*sum: was removed/);
  await writeFile(join(folder, 'stray'), '');
  await expect(restore(summing(2), { ...options, from: folder })).rejects.toThrow(/SAVEPOINT_INVALID/);
});
