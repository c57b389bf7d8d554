import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ByteWriter } from '../../../src/core/byte-writer.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { json, string } from '../../../src/core/codec.ts';
import type { Codec } from '../../../src/core/codec.ts';
import { RowBatch } from '../../../src/core/row-batch.ts';
import { listState, mapState, valueState } from '../../../src/core/state-spec.ts';
import type { ListState, MapState, StateOptions, StateSpec, ValueState } from '../../../src/core/state-spec.ts';
import { levelState } from '../../../src/state/leveldb/level-state.ts';
import { openLevelStore } from '../../../src/state/leveldb/level-store.ts';
import { MemoryStore } from '../../../src/state/memory/memory-store.ts';
import { stateBackendSuite } from '../../../src/testing/suites/state-backend-suite.ts';
import { keysOf } from '../../support/keys-of.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'level-state-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('conformance on LevelDB', () =>
  stateBackendSuite(
    { test, expect },
    {
      async open() {
        const store = await openLevelStore(folder);
        const backend = levelState(store);
        return {
          backend,
          write: (rows) => store.write([rows]),
          reopen: async () => levelState(store),
          close: () => store.close(),
        };
      },
    },
  ));

/** A task over a store, with state `s`. */
async function openTask(store: MemoryStore, spec: unknown, clock = { now: 0 }, timersInMemory?: number) {
  const backend = levelState(store, timersInMemory === undefined ? {} : { timersInMemory });
  const time = { processingTime: () => clock.now, eventTime: () => clock.now };
  const task = backend.openTask({ job: 'job', subTopology: 'sub', partition: 3 }, time);
  const operator = task.operator('op', { s: spec as StateSpec });
  const commit = async () => {
    const rows = new RowBatch(new ByteWriter());
    task.collect(rows, Buffer.from('cut'));
    await store.write([rows]);
    task.committed();
    return rows;
  };
  return { task, operator, commit, handle: <H>(_?: H) => operator.handles['s'] as H };
}

async function rowKeys(store: MemoryStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const rows of store.scan({ from: '-', to: '\u{10ffff}' })) keys.push(...rows.map(({ key }) => key));
  return keys;
}

function versioned(version: number, name = 'Frame'): Codec<{ v: number }> {
  return json<{ v: number }>(name, {
    version,
    upgrade: (value, from) => ({ v: (value as { v: number }).v + from * 100 }),
  });
}

test('rows of an older codec version are read by its upgrade and rewritten when they change', async () => {
  const store = new MemoryStore();
  const old = await openTask(store, valueState(versioned(1)));
  await old.task.load();
  old.operator.setKey('a');
  old.handle<ValueState<{ v: number }>>().set({ v: 1 });
  await old.commit();
  const current = await openTask(store, valueState(versioned(2)));
  await current.task.load();
  current.operator.setKey('a');
  expect(current.handle<ValueState<{ v: number }>>().get()).toEqual({ v: 101 });
});

test('a newer codec version is refused with the versions and what to do', async () => {
  const store = new MemoryStore();
  const newer = await openTask(store, valueState(versioned(3)));
  await newer.task.load();
  await newer.commit();
  const older = await openTask(store, valueState(versioned(2)));
  await expect(older.task.load()).rejects.toMatchObject({
    code: 'STATE_CODEC_MISMATCH',
    reaction: 'fail-job',
    message:
      "STATE_CODEC_MISMATCH in job / op, task 3: the store holds 's' as Frame v3, this build knows up to v2. " +
      'Start the newer build, or restore the savepoint taken before it: run-topology restore --from <folder>.',
  });
});

test.each([
  ['another codec', valueState(versioned(1, 'Other')), 'as Frame, this build declares Other'],
  ['another kind', listState(versioned(1)), 'as value, this build declares list'],
])('%s under the same name is refused', async (_, spec, reason) => {
  const store = new MemoryStore();
  const before = await openTask(store, valueState(versioned(1)));
  await before.task.load();
  await before.commit();
  const after = await openTask(store, spec);
  await expect(after.task.load()).rejects.toMatchObject({
    code: 'STATE_CODEC_MISMATCH',
    reason: expect.stringContaining(reason),
  });
});

test('a damaged row is STATE_CORRUPT and names the key', async () => {
  const store = new MemoryStore();
  const first = await openTask(store, listState(string));
  await first.task.load();
  first.operator.setKey('a');
  first.handle<ListState<string>>().add('x');
  await first.commit();
  const damaged = new RowBatch(new ByteWriter());
  for (const key of await rowKeys(store)) damaged.putBytes(key, Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 99]));
  await store.write([damaged]);
  const second = await openTask(store, listState(string));
  await second.task.load();
  second.operator.setKey('a');
  expect(() => second.handle<ListState<string>>().get()).toThrow(expect.objectContaining({ code: 'STATE_CORRUPT' }));
});

test('expired rows leave the store, a bounded number per commit', async () => {
  const store = new MemoryStore();
  const clock = { now: 0 };
  const t = await openTask(store, valueState(string, { ttl: 100 }), clock);
  await t.task.load();
  for (let i = 0; i < 3_000; i++) {
    t.operator.setKey(`k${String(i)}`);
    t.handle<ValueState<string>>().set('x');
  }
  await t.commit();
  await t.commit(); // the sweep's pace follows the writes of the epoch before
  clock.now = 1_000;
  await t.commit();
  expect((await rowKeys(store)).length).toBe(2 * 2_000);
  await t.commit();
  await t.commit();
  expect(await rowKeys(store)).toEqual([]);
});

const states: [string, (options: StateOptions) => unknown, (handle: unknown) => void, (handle: unknown) => unknown][] =
  [
    [
      'value',
      (o) => valueState(string, o),
      (h) => (h as ValueState<string>).set('x'),
      (h) => (h as ValueState<string>).get(),
    ],
    [
      'list',
      (o) => listState(string, o),
      (h) => (h as ListState<string>).add('x'),
      (h) => (h as ListState<string>).get()[0],
    ],
    [
      'map',
      (o) => mapState(string, string, o),
      (h) => (h as MapState<string, string>).set('m', 'x'),
      (h) => (h as MapState<string, string>).get('m'),
    ],
  ];

test.each(states)('TTL switched on later reaches existing %s rows', async (_, spec, write, read) => {
  const store = new MemoryStore();
  const clock = { now: 0 };
  const before = await openTask(store, spec({}), clock);
  await before.task.load();
  before.operator.setKey('a');
  write(before.handle());
  await before.commit();
  const after = await openTask(store, spec({ ttl: 100 }), clock);
  await after.task.load();
  after.operator.setKey('a');
  expect(read(after.handle())).toBe('x');
  for (let i = 0; i < 6; i++) {
    await after.commit();
    clock.now += 60;
  }
  expect(read(after.handle())).toBeUndefined();
  expect(await rowKeys(store)).toEqual([]);
});

test('TTL switched off later: rows stay, the index goes', async () => {
  const store = new MemoryStore();
  const clock = { now: 0 };
  const before = await openTask(store, valueState(string, { ttl: 100 }), clock);
  await before.task.load();
  before.operator.setKey('a');
  before.handle<ValueState<string>>().set('x');
  await before.commit();
  const after = await openTask(store, valueState(string), clock);
  await after.task.load();
  clock.now = 1_000;
  after.operator.setKey('a');
  expect(after.handle<ValueState<string>>().get()).toBe('x');
  expect(await rowKeys(store)).toHaveLength(1);
});

test('event-time TTL counts from the first watermark for what was written before it', async () => {
  const store = new MemoryStore();
  const clock = { now: -Infinity };
  const t = await openTask(store, valueState(string, { ttl: { after: 100, time: 'event' } }), clock);
  await t.task.load();
  t.operator.setKey('a');
  t.handle<ValueState<string>>().set('x');
  await t.commit();
  clock.now = 5_000;
  expect(t.handle<ValueState<string>>().get()).toBe('x');
  await t.commit();
  clock.now = 5_100;
  expect(t.handle<ValueState<string>>().get()).toBeUndefined();
});

test('appending to a long list writes its end, not the list', async () => {
  const t = await openTask(new MemoryStore(), listState(string));
  await t.task.load();
  t.operator.setKey('a');
  const list = t.handle<ListState<string>>();
  for (let i = 0; i < 10_000; i++) list.add(`entry ${String(i)}`);
  await t.commit();
  list.add('one more');
  expect((await t.commit()).byteLength).toBeLessThan(3_000);
  expect(list.size).toBe(10_001);
});

test('changing one entry of a large map writes that entry', async () => {
  const t = await openTask(new MemoryStore(), mapState(string, string));
  await t.task.load();
  t.operator.setKey('a');
  const map = t.handle<MapState<string, string>>();
  for (let i = 0; i < 10_000; i++) map.set(`entry ${String(i)}`, 'x');
  await t.commit();
  map.set('entry 77', 'y');
  expect((await t.commit()).byteLength).toBeLessThan(300);
});

test('a large map that was cleared leaves the store in steps, and its successor is another map', async () => {
  const store = new MemoryStore();
  const t = await openTask(store, mapState(string, string));
  await t.task.load();
  t.operator.setKey('a');
  const map = t.handle<MapState<string, string>>();
  for (let i = 0; i < 10_000; i++) map.set(`entry ${String(i)}`, 'x');
  await t.commit();
  map.clear();
  for (let i = 0; i < 200; i++) map.set(`entry ${String(i)}`, 'y'.repeat(20));
  const rows = await t.commit();
  expect(rows.count).toBeLessThan(3_000);
  expect(map.size).toBe(200);
  // The rest goes on after a restart.
  const again = await openTask(store, mapState(string, string));
  await again.task.load();
  again.operator.setKey('a');
  for (let i = 0; i < 8; i++) await again.commit();
  expect(again.handle<MapState<string, string>>().get('entry 7')).toBe('y'.repeat(20));
  again.handle<MapState<string, string>>().clear();
  for (let i = 0; i < 3; i++) await again.commit();
  expect(await rowKeys(store)).toEqual([]);
});

test('timers deleted while the rows before them are being committed stay deleted', async () => {
  const store = new MemoryStore();
  const t = await openTask(store, valueState(string), { now: 0 }, 4);
  await t.task.load();
  t.operator.setKey('a');
  for (const time of [1, 2, 3, 4]) t.operator.timers.register('event', time);
  await t.commit();
  t.operator.timers.register('event', 5);
  const rows = new RowBatch(new ByteWriter());
  t.task.collect(rows, Buffer.from('cut'));
  t.operator.timers.delete('event', 4);
  await store.write([rows]);
  t.task.committed(); // more than four: the later ones go back to rows
  const taken: number[] = [];
  for (let due = t.operator.timers.takeDue('event', 9); due !== false; due = t.operator.timers.takeDue('event', 9)) {
    if (due === 'loading') await t.operator.timers.ready();
    else taken.push(t.operator.timers.takenTime);
  }
  expect(taken).toEqual([1, 2, 3, 5]);
});

test('memory stays bounded by shrink, and evicted keys come back', async () => {
  const store = new MemoryStore();
  const t = await openTask(store, valueState(string));
  await t.task.load();
  const value = t.handle<ValueState<string>>();
  for (let i = 0; i < 20_000; i++) {
    t.operator.setKey(`k${String(i)}`);
    value.set(String(i));
    if (i % 1_000 === 999) {
      await t.commit();
      for (let round = 0; round < 20; round++) t.task.shrink(500_000);
      expect(t.task.cachedBytes).toBeLessThan(600_000);
    }
  }
  for (const i of [0, 9_999, 19_999]) {
    t.operator.setKey(`k${String(i)}`);
    expect(value.get()).toBe(String(i));
  }
});

/** Counts reads, and lets a test hold up scans. */
class WatchedStore extends MemoryStore {
  reads = 0;
  scans = 0;
  gate: Promise<void> = Promise.resolve();

  override get(key: string): Buffer | undefined {
    this.reads++;
    return super.get(key);
  }

  override async *scan(...args: Parameters<MemoryStore['scan']>): ReturnType<MemoryStore['scan']> {
    if (args[0].limit !== 1) this.scans++;
    for await (const rows of super.scan(...args)) {
      if (args[0].limit !== 1) await this.gate;
      yield rows;
    }
  }
}

test.each([
  ['values', valueState(string), (h: unknown) => (h as ValueState<string>).set('x')],
  ['lists', listState(string), (h: unknown) => (h as ListState<string>).add('x'.repeat(5_000))],
  ['maps', mapState(string, string), (h: unknown) => (h as MapState<string, string>).set('m', 'x'.repeat(5_000))],
])(
  'after a restart the keys of %s are learned beside the processing, then misses read nothing',
  async (_, spec, put) => {
    const store = new WatchedStore();
    const before = await openTask(store, spec);
    await before.task.load();
    for (let i = 0; i < 3_000; i++) {
      before.operator.setKey(`old ${String(i)}`);
      put(before.handle());
    }
    await before.commit();

    const t = await openTask(store, spec);
    await t.task.load();
    const has = (key: string): boolean => {
      t.operator.setKey(key);
      const handle = t.handle<Partial<ValueState<string>> & { readonly size?: number }>();
      return (handle.size ?? (handle.get!() === undefined ? 0 : 1)) > 0;
    };
    const settle = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) await systemClock.yield();
    };
    let asked = 0;
    const ask = (count: number): number => {
      store.reads = 0;
      for (let i = 0; i < count; i++) expect(has(`a${String(asked++)}`)).toBe(false);
      return store.reads;
    };
    expect(ask(3_999)).toBe(3_999);
    const { scans } = store;
    let open = (): void => undefined;
    store.gate = new Promise((resolve) => (open = resolve));
    ask(1);
    await settle();
    expect(store.scans).toBe(scans + 1);
    // While the scan goes on: what is written and evicted must not be forgotten.
    for (let i = 0; i < 500; i++) {
      t.operator.setKey(`new ${String(i)}`);
      put(t.handle());
    }
    await t.commit();
    for (let round = 0; round < 4; round++) t.task.shrink(0);
    open();
    for (let round = 0; round < 20; round++) {
      ask(1_000);
      await settle();
    }
    expect(ask(1_000)).toBeLessThan(60); // false positives
    for (let i = 0; i < 3_000; i += 7) expect(has(`old ${String(i)}`)).toBe(true);
    for (let i = 0; i < 500; i++) expect(has(`new ${String(i)}`)).toBe(true);
  },
);

test('a task that is closed gives up learning its keys', async () => {
  const store = new WatchedStore();
  const before = await openTask(store, valueState(string));
  await before.task.load();
  before.operator.setKey('old');
  before.handle<ValueState<string>>().set('x');
  await before.commit();
  const t = await openTask(store, valueState(string));
  await t.task.load();
  let open = (): void => undefined;
  store.gate = new Promise((resolve) => (open = resolve));
  for (let i = 0; i < 4_000; i++) {
    t.operator.setKey(`a${String(i)}`);
    t.handle<ValueState<string>>().get();
  }
  t.task.close();
  await store.close();
  open();
  for (let i = 0; i < 10; i++) await systemClock.yield(); // an unhandled rejection would fail the run
});

test('a key that was never stored is not looked for in the store', async () => {
  const store = new MemoryStore();
  const t = await openTask(store, valueState(string));
  await t.task.load();
  let reads = 0;
  const { get } = store;
  store.get = (key) => {
    reads++;
    return get.call(store, key);
  };
  const value = t.handle<ValueState<string>>();
  for (let i = 0; i < 1_000; i++) {
    t.operator.setKey(`k${String(i)}`);
    expect(value.get()).toBeUndefined();
    value.set('x');
  }
  expect(reads).toBe(0);
  await t.commit();
  for (let round = 0; round < 4; round++) t.task.shrink(0);
  for (let i = 1_000; i < 2_000; i++) {
    t.operator.setKey(`k${String(i)}`);
    value.get();
  }
  expect(reads).toBeLessThan(60); // false positives of the filter
  t.operator.setKey('k1');
  expect(value.get()).toBe('x');
});

test('broadcast state with a TTL is refused', async () => {
  const t = await openTask(new MemoryStore(), valueState(string));
  expect(() => t.task.taskMap('op', 'm', mapState(string, string, { ttl: 1 }))).toThrow('broadcast state');
});

test('an operator’s rows are exactly under the prefixes of its task', async () => {
  const store = new MemoryStore();
  const t = await openTask(store, mapState(string, string, { ttl: 100 }));
  t.task.taskMap('op', 'm', mapState(string, string)).set('a', 'b');
  t.task.taskRows('op', 'r', string);
  await t.task.load();
  t.operator.setKey('a');
  t.handle<MapState<string, string>>().set('x', 'y');
  t.operator.timers.register('processing', 1);
  const rows = await t.commit();
  for (const key of keysOf(rows)) expect(t.task.rowPrefixes.filter((prefix) => key.startsWith(prefix))).toHaveLength(1);
});
