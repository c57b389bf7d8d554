import { mkdtemp, readFile, readdir, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ByteWriter } from '../../src/core/byte-writer.ts';
import { number, string } from '../../src/core/codec.ts';
import { partitionOf } from '../../src/core/partitioner.ts';
import { RowBatch } from '../../src/core/row-batch.ts';
import { listState, mapState, valueState } from '../../src/core/state-spec.ts';
import type { Handles } from '../../src/core/state-spec.ts';
import type { StateBackend } from '../../src/state/backend.ts';
import type { RowSource } from '../../src/state/job-rows.ts';
import { levelState } from '../../src/state/leveldb/level-state.ts';
import { memoryState } from '../../src/state/memory/memory-state.ts';
import { MemoryStore } from '../../src/state/memory/memory-store.ts';
import { checkedRows } from '../../src/state/read-savepoint.ts';
import { readManifest } from '../../src/state/savepoint-format.ts';
import { writeSavepoint } from '../../src/state/write-savepoint.ts';

const specs = {
  count: valueState(number, { ttl: 1_000 }),
  list: listState(string),
  map: mapState(string, string),
};
const keys = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? `key ${String(i)}` : `ключ:${String(i)}`));

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'savepoint-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Puts the rows of a savepoint into a store. */
async function restoreSavepoint(options: {
  folder: string;
  store: MemoryStore;
  partitions?: Readonly<Record<string, number>>;
  mostBytes?: number;
}): Promise<void> {
  const { folder, store, partitions = {}, mostBytes = Infinity } = options;
  for await (const rows of await checkedRows({ folder, manifest: await readManifest(folder) }, partitions, mostBytes)) {
    const batch = new RowBatch(new ByteWriter());
    for (const { key, value } of rows) batch.putBytes(key, value);
    await store.write([batch]);
  }
}

async function openTask(backend: StateBackend, partition: number, job = 'job') {
  const task = backend.openTask(
    { job, subTopology: 'sub', partition },
    { processingTime: () => 0, eventTime: () => 0 },
  );
  const operator = task.operator('op', specs);
  const calls = task.taskRows('calls', 'rows', string);
  await task.load();
  return { task, operator, calls, handles: operator.handles as unknown as Handles<typeof specs> };
}

/** Fills a job of `partitions` tasks and commits. */
async function fill(
  backend: StateBackend,
  store: MemoryStore | undefined,
  partitions: number,
  withCalls = false,
  job = 'job',
) {
  for (let partition = 0; partition < partitions; partition++) {
    const { task, operator, handles, calls } = await openTask(backend, partition, job);
    for (const [i, key] of keys.entries()) {
      if (partitionOf(key, partitions) !== partition) continue;
      operator.setKey(key);
      handles.count.set(i);
      for (let n = 0; n < i; n++) handles.list.add(`${String(n)} ${'x'.repeat(60)}`);
      for (let n = 0; n < i; n++) handles.map.set(`entry ${String(n)}`, 'y'.repeat(60));
      operator.timers.register('event', 1_000 - i);
      if (i % 10 === 0) {
        handles.map.clear();
        handles.list.clear();
      }
    }
    if (withCalls) calls.set(partition, 'call');
    const rows = new RowBatch(new ByteWriter());
    task.collect(rows, Buffer.from(`cut ${String(partition)}`));
    await store?.write([rows]);
    task.committed();
  }
}

/** Checks that each key is where it belongs and only there; returns the cuts. */
async function check(backend: StateBackend, partitions: number): Promise<(string | undefined)[]> {
  const cuts: (string | undefined)[] = [];
  const fired: [number, string][] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const { task, operator, handles } = await openTask(backend, partition);
    cuts.push(task.cut?.toString());
    for (const [i, key] of keys.entries()) {
      operator.setKey(key);
      const here = partitionOf(key, partitions) === partition;
      const length = here && i % 10 !== 0 ? i : 0;
      expect(handles.count.get()).toBe(here ? i : undefined);
      expect(handles.list.get().map((text) => Number(text.split(' ')[0]))).toEqual([...Array(length).keys()]);
      expect([...handles.map.keys()]).toEqual([...Array(length).keys()].map((n) => `entry ${String(n)}`));
    }
    while (operator.timers.takeDue('event', 2_000) === true) {
      const key = String(operator.key);
      expect(partitionOf(key, partitions)).toBe(partition);
      fired.push([operator.timers.takenTime, key]);
    }
  }
  expect(fired.sort(([a], [b]) => b - a)).toEqual(keys.map((key, i) => [1_000 - i, key]));
  return cuts;
}

type Source = [string, () => { backend: StateBackend & RowSource; store: MemoryStore | undefined }];

const sources: Source[] = [
  ['memory', () => ({ backend: memoryState(), store: undefined })],
  [
    'leveldb',
    () => {
      const store = new MemoryStore();
      return { backend: levelState(store), store };
    },
  ],
];

describe.each(sources)('of the %s backend', (_, make) => {
  test('restores with the same number of partitions, cuts and rows of tasks included', async () => {
    const { backend, store } = make();
    await fill(backend, store, 3, true);
    await writeSavepoint({ folder, job: 'job', source: backend });
    const target = new MemoryStore();
    await restoreSavepoint({ folder, store: target });
    expect(await check(levelState(target), 3)).toEqual(['cut 0', 'cut 1', 'cut 2']);
    const { calls } = await openTask(levelState(target), 2);
    expect([...calls.entries()]).toEqual([[2, 'call']]);
  });

  test.each([1, 2, 5])('restores 3 partitions into %i', async (partitions) => {
    const { backend, store } = make();
    await fill(backend, store, 3);
    await writeSavepoint({ folder, job: 'job', source: backend });
    const target = new MemoryStore();
    await restoreSavepoint({ folder, store: target, partitions: { sub: partitions } });
    expect((await check(levelState(target), partitions)).every((cut) => cut === undefined)).toBe(true);
  });

  test('restores into state on the heap, and that can be saved again', async () => {
    const { backend, store } = make();
    await fill(backend, store, 2);
    const first = join(folder, 'first');
    await writeSavepoint({ folder: first, job: 'job', source: backend });
    const initial = new MemoryStore();
    await restoreSavepoint({ folder: first, store: initial });
    const restored = memoryState({ initial });
    await check(restored, 2);
    const copy = new MemoryStore();
    await restoreSavepoint({ folder: first, store: copy });
    const second = join(folder, 'second');
    await writeSavepoint({ folder: second, job: 'job', source: memoryState({ initial: copy }) });
    const again = new MemoryStore();
    await restoreSavepoint({ folder: second, store: again });
    await check(levelState(again), 2);
  });
});

test('other jobs in the store are left out', async () => {
  const store = new MemoryStore();
  const backend = levelState(store);
  await fill(backend, store, 1);
  await fill(backend, store, 1, false, 'other');
  const manifest = await writeSavepoint({ folder, job: 'job', source: backend, extra: { graph: 'g' } });
  expect(new Set(manifest.operators.map(({ job }) => job))).toEqual(new Set(['job']));
  expect(await readManifest(folder)).toEqual(manifest);
  expect(manifest).toMatchObject({
    partitions: { sub: 1 },
    cuts: [{ subTopology: 'sub', partition: 0 }],
    extra: { graph: 'g' },
  });
});

test('rows of tasks cannot be rescaled', async () => {
  const store = new MemoryStore();
  await fill(levelState(store), store, 2, true);
  await writeSavepoint({ folder, job: 'job', source: levelState(store) });
  const target = new MemoryStore();
  await expect(restoreSavepoint({ folder, store: target, partitions: { sub: 3 } })).rejects.toMatchObject({
    code: 'SAVEPOINT_INVALID',
    reason: expect.stringContaining('number must stay'),
  });
  expect(target.unsyncedWrites).toBe(0);
});

describe('is refused', () => {
  beforeEach(async () => {
    const store = new MemoryStore();
    await fill(levelState(store), store, 1);
    await writeSavepoint({ folder, job: 'job', source: levelState(store) });
  });

  const restore = (store = new MemoryStore()) => restoreSavepoint({ folder, store });

  test('without its manifest', async () => {
    await unlink(join(folder, 'manifest.json'));
    await expect(restore()).rejects.toMatchObject({ code: 'SAVEPOINT_INVALID' });
  });

  test('with a damaged file, before anything is written', async () => {
    const name = (await readdir(folder)).find((file) => file.endsWith('.bin'))!;
    const bytes = await readFile(join(folder, name));
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(join(folder, name), bytes);
    const store = new MemoryStore();
    await expect(restore(store)).rejects.toMatchObject({
      code: 'SAVEPOINT_INVALID',
      reason: expect.stringContaining('checksum'),
    });
    expect(store.unsyncedWrites).toBe(0);
  });

  test('with a row that no record of a changelog can hold, before anything is written', async () => {
    const store = new MemoryStore();
    await expect(restoreSavepoint({ folder, store, mostBytes: 120 })).rejects.toMatchObject({
      code: 'RECORD_TOO_LARGE',
    });
    expect(store.unsyncedWrites).toBe(0);
  });

  test('with a missing file', async () => {
    await unlink(
      join(
        folder,
        (await readdir(folder)).find((file) => file.endsWith('.bin'))!,
      ),
    );
    await expect(restore()).rejects.toMatchObject({ code: 'SAVEPOINT_INVALID' });
  });

  test('when the folder to write to is not empty', async () => {
    await expect(writeSavepoint({ folder, job: 'job', source: memoryState() })).rejects.toMatchObject({
      code: 'SAVEPOINT_INVALID',
    });
  });
});
