import { beforeEach, describe, expect, test } from 'vitest';
import { BatchWriter } from '../../src/core/batch-writer.ts';
import { ByteWriter } from '../../src/core/byte-writer.ts';
import { string } from '../../src/core/codec.ts';
import type { Log, LogReader } from '../../src/core/log.ts';
import { RowBatch } from '../../src/core/row-batch.ts';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { produce } from '../../src/connectors/produce.ts';
import { encodePosition, positionKey, readPosition } from '../../src/runtime/changelog-position.ts';
import { restoreChangelog, type RestoreProgress } from '../../src/runtime/restore-changelog.ts';
import { MemoryStore } from '../../src/state/memory/memory-store.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

const topic = 'job-count-changelog';
const hourMs = 3_600_000;

let clock: ManualClock;
let log: MemoryLog;
let store: MemoryStore;
let id: string;

beforeEach(async () => {
  clock = new ManualClock(Date.UTC(2026, 0, 1));
  log = new MemoryLog({ clock, store: new MemoryStore() });
  store = new MemoryStore();
  await log.topics.create([{ name: topic, partitions: 1, compacted: true }]);
  const [description] = await log.topics.describe([topic]);
  id = description!.id;
});

async function write(...rows: readonly (readonly [key: string, value: string | null])[]): Promise<void> {
  const writer = new BatchWriter(topic, 0);
  for (const [key, value] of rows) {
    if (value === null) writer.appendBytes(key, Buffer.alloc(0), -1, -1, 0);
    else writer.append(key, string, value, 0);
  }
  await produce(log, 'test', [writer.seal()!]);
}

async function keep(
  values: Readonly<Record<string, string>>,
  position?: { topicId: string; offset: number; at: number },
) {
  const rows = new RowBatch(new ByteWriter());
  for (const [key, value] of Object.entries(values)) rows.putBytes(key, Buffer.from(value));
  if (position !== undefined) rows.putBytes(positionKey('job', 'count-0'), encodePosition(position));
  await store.write([rows]);
}

let outdated: string[];

async function restore(from: Log = log): Promise<readonly RestoreProgress[]> {
  const progress: RestoreProgress[] = [];
  outdated = [];
  await restoreChangelog({
    log: from,
    store,
    clock,
    job: 'job',
    task: 'count-0',
    topic,
    partition: 0,
    prefixes: ['row/'],
    keys: [],
    signal: new AbortController().signal,
    onProgress: (now) => progress.push(now),
    onOutdated: ({ message }) => outdated.push(message),
  });
  return progress;
}

const row = (key: string): string | undefined => store.get(`row/${key}`)?.toString();

test('applies puts and deletes in order, and tells how far it is', async () => {
  await write(['row/a', '1'], ['row/b', '2'], ['row/a', null], ['row/c', '3']);
  const progress = await restore();
  expect([row('a'), row('b'), row('c')]).toEqual([undefined, '2', '3']);
  expect(progress[0]).toEqual({ remaining: 4, records: 0, bytes: 0 });
  expect(progress.at(-1)).toMatchObject({ remaining: 0, records: 4 });
  expect(readPosition(store, 'job', 'count-0')).toEqual({ topicId: id, offset: 4, at: clock.now() });
});

test('goes on where the store is', async () => {
  await write(['row/a', '1'], ['row/b', '2'], ['row/c', '3']);
  await keep({ 'row/a': 'kept', 'row/b': '2' }, { topicId: id, offset: 2, at: clock.now() - 11 * hourMs });
  const progress = await restore();
  expect([row('a'), row('c')]).toEqual(['kept', '3']);
  expect(progress.at(-1)).toMatchObject({ records: 1 });
});

describe('a store that cannot be trusted is emptied first', () => {
  beforeEach(() => write(['row/a', '1']));

  test.each([
    ['of another incarnation of the topic', () => ({ topicId: 'other', offset: 0, at: clock.now() })],
    ['ahead of the changelog', () => ({ topicId: id, offset: 9, at: clock.now() })],
    ['so old that deletions may be gone', () => ({ topicId: id, offset: 1, at: clock.now() - 13 * hourMs })],
    ['without a position', () => undefined],
  ])('%s', async (_, position) => {
    await keep({ 'row/old': 'stale', 'other/old': 'of others' }, position());
    await restore();
    expect([row('old'), row('a')]).toEqual([undefined, '1']);
    expect(store.get('other/old')?.toString()).toBe('of others');
  });
});

/** Only one record comes with each fetch, after as long as `takesMs` says. */
function slowLog(takesMs: () => number): Log {
  return new Proxy(log, {
    get: (target, name) => {
      if (name !== 'reader') {
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      }
      return (): LogReader => {
        const reader = target.reader();
        return {
          fetch: async (request) => {
            const parts = await reader.fetch({ ...request, partitionBytes: 1 });
            await clock.advance(takesMs());
            return parts;
          },
          close: () => reader.close(),
        };
      };
    },
  });
}

describe('a restore that lasts', () => {
  beforeEach(async () => {
    await write(['row/a', '1']);
    await write(['row/a', null]);
    await write(['row/b', '1']);
  });

  test('has the time when the end was last asked for, not when it was read', async () => {
    const begin = clock.now();
    await restore(slowLog(() => hourMs));
    expect(readPosition(store, 'job', 'count-0')).toEqual({ topicId: id, offset: 3, at: begin + 2 * hourMs });
    expect(clock.now()).toBe(begin + 3 * hourMs);
  });

  test('is as old on its way as the position it goes on from', async () => {
    const at = clock.now() - 11 * hourMs;
    await keep({ 'row/a': '1' }, { topicId: id, offset: 1, at });
    const fails = slowLog(() => {
      if (readPosition(store, 'job', 'count-0')?.offset === 1) return hourMs;
      throw new RangeError('no more');
    });
    await expect(restore(fails)).rejects.toThrow('no more');
    expect(readPosition(store, 'job', 'count-0')).toEqual({ topicId: id, offset: 2, at });
  });

  test('begins anew when deletions may be gone that it has not read', async () => {
    await keep({ 'row/old': 'deleted meanwhile' }, { topicId: id, offset: 1, at: clock.now() - 11 * hourMs });
    let takesMs = 8 * hourMs;
    const progress = await restore(
      slowLog(() => {
        const slow = takesMs;
        takesMs = 0;
        return slow;
      }),
    );
    expect([row('old'), row('a'), row('b')]).toEqual([undefined, undefined, '1']);
    expect(outdated).toEqual([expect.stringContaining('delete.retention.ms')]);
    expect(progress.at(-1)).toMatchObject({ remaining: 0, records: 3 });
  });

  test('fails when it takes too long also from the beginning', async () => {
    await expect(restore(slowLog(() => 19 * hourMs))).rejects.toMatchObject({ code: 'TOPIC_MISMATCH' });
    expect(outdated).toHaveLength(2);
    expect(readPosition(store, 'job', 'count-0')).toBeUndefined();
  });
});

test('a restore that is given up has not ended before what it was writing is written', async () => {
  await write(['row/a', '1']);
  const { topics } = log;
  const reader = log.reader();
  const events: string[] = [];
  const inDoubt: Log = {
    kind: log.kind,
    storesRows: false,
    shared: false,
    join: (spec) => log.join(spec),
    transactor: (name, timeoutMs) => log.transactor(name, timeoutMs),
    close: () => Promise.resolve(),
    // One more record than can be read.
    topics: {
      list: () => topics.list(),
      describe: (names) => topics.describe(names),
      create: (specs) => topics.create(specs),
      deleteRecords: (before) => topics.deleteRecords(before),
      offsetsAt: (places, timestamp) => topics.offsetsAt(places, timestamp),
      committed: (group, places) => topics.committed(group, places),
      bounds: async (places) => (await topics.bounds(places)).map((bounds) => ({ ...bounds, end: bounds.end + 1 })),
    },
    reader: () => ({
      fetch: (request) => {
        if (request.partitions[0]!.offset === 0) return reader.fetch(request);
        events.push('given up');
        return Promise.reject(new RangeError('not wanted'));
      },
      close: () => reader.close(),
    }),
  };
  const slow = new Proxy(store, {
    get: (target, name) =>
      name === 'write'
        ? async (batches: readonly RowBatch[]) => {
            for (let i = 0; i < 5; i++) await clock.yield();
            events.push('written');
            await target.write(batches);
          }
        : (Reflect.get(target, name) as (() => unknown) | undefined)?.bind(target),
  });
  await expect(
    restoreChangelog({
      log: inDoubt,
      store: slow,
      clock,
      job: 'job',
      task: 'count-0',
      topic,
      partition: 0,
      prefixes: ['row/'],
      keys: [],
      signal: new AbortController().signal,
      onProgress: () => undefined,
      onOutdated: () => undefined,
    }),
  ).rejects.toThrow('not wanted');
  expect(events).toEqual(['given up', 'written']);
});
