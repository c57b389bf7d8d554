import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { ByteWriter } from '../../../src/core/byte-writer.ts';
import { RowBatch } from '../../../src/core/row-batch.ts';
import { prefixEnd, type BulkLoad } from '../../../src/core/store.ts';
import { StateStore } from '../../../src/state/leveldb/state-store.ts';
import { storeSuite } from '../../../src/testing/suites/store-suite.ts';
import { recordsOf, type PlainRow } from './load/placed-rows.ts';

const many = 1_000_000; // what a load is told; rows can be fewer
const ranges = ['TASK00000', '!TASK00000', '~position/job/0'];

let folder: string;
beforeEach(() => {
  const parent = mkdtempSync(join(tmpdir(), 'millrace-state-'));
  folder = join(parent, 'rows');
  return () => {
    rmSync(parent, { recursive: true, force: true });
  };
});

async function open(alone = true): Promise<StateStore> {
  const store = await StateStore.open(folder, { alone });
  onTestFinished(() => store.close());
  return store;
}

function rowsOf(rows: readonly PlainRow[]): RowBatch {
  const batch = new RowBatch(new ByteWriter());
  for (const [key, value] of rows) {
    if (value === undefined) batch.delete(key as string);
    else batch.putBytes(key as string, Buffer.from(value as string));
  }
  return batch;
}

async function loaded(store: StateStore, rows: readonly PlainRow[], into = ranges): Promise<void> {
  const load = await begin(store, into);
  expect(load.add(recordsOf(rows))).toBe(true);
  await load.room();
  await load.finish();
}

async function begin(store: StateStore, into = ranges): Promise<BulkLoad> {
  const load = await store.load(into, many);
  if (load === undefined) throw new RangeError('it has no faster way');
  return load;
}

async function scan(store: StateStore, from = '', to = '\u{10ffff}', limit?: number): Promise<readonly string[]> {
  const found: string[] = [];
  const range = { from, to, ...(limit !== undefined && { limit }) };
  for await (const rows of store.scan(range)) found.push(...rows.map(({ key, value }) => `${key}=${value.toString()}`));
  return found;
}

describe('conformance', () => storeSuite({ test, expect }, { open: () => StateStore.open(folder, { alone: true }) }));

describe('conformance beside loaded tasks', () =>
  storeSuite(
    // A table has a size also when all of its rows are deleted.
    {
      test: (name, body) => {
        if (!name.includes('size')) test(name, body);
      },
      expect,
    },
    {
      open: async () => {
        const store = await StateStore.open(folder, { alone: true });
        await loaded(store, [['b00000000', 'x']], ['b00000000', 'c00000000']);
        await store.deleteRange({ from: 'b00000000', to: prefixEnd('b00000000') });
        return store;
      },
    },
  ));

test('what was loaded is there, and stays when it is opened again', async () => {
  const store = await open();
  await store.write([rowsOf([['OTHER0000', 'x']])]);
  await loaded(store, [
    ['TASK00000b', '1'],
    ['TASK00000a', '1'],
    ['TASK00000b', '2'],
    ['TASK00000a'],
    ['~position/job/0', '9'],
  ]);
  const rows = ['OTHER0000=x', 'TASK00000b=2', '~position/job/0=9'];
  expect(await scan(store)).toEqual(rows);
  await store.close();
  const again = await open();
  expect(await scan(again)).toEqual(rows);
  expect(again.get('TASK00000b')?.toString()).toBe('2');
  expect(again.get('TASK00000a')).toBe(undefined);
});

test('rows of loaded tasks and of others are written where they belong', async () => {
  const store = await open();
  await loaded(store, [['TASK00000a', '1']]);
  await store.write([
    rowsOf([
      ['TASK00000a', '2'],
      ['OTHER0000', 'x'],
      ['TASK00000b', '1'],
      ['!TASK00000', 'meta'],
      ['~position/job/0', '7'],
      ['~position/job/00', '8'],
    ]),
    rowsOf([['TASK00000b', '2'], ['OTHER0000']]),
  ]);
  expect(await scan(store, 'A', 'Z')).toEqual(['TASK00000a=2', 'TASK00000b=2']);
  expect(await scan(store, '~position', '~positionz')).toEqual(['~position/job/0=7', '~position/job/00=8']);
  expect(store.get('!TASK00000')?.toString()).toBe('meta');
  expect(store.get('OTHER0000')).toBe(undefined);
  await store.deleteRange({ from: 'TASK00000', to: prefixEnd('TASK00000') });
  expect(await scan(store, 'A', 'Z')).toEqual([]);
});

test('ranges are scanned in the order of keys, also across tasks, up to a limit', async () => {
  const store = await open();
  const others = ['A', 'S', 'U', 'Z'].map((letter): PlainRow => [letter.repeat(9), 'x']);
  await store.write([rowsOf(others)]);
  await loaded(store, [
    ['TASK00000b', 'y'],
    ['TASK00000a', 'y'],
  ]);
  await loaded(store, [['BASK00000a', 'y']], ['BASK00000']);
  const keys = ['AAAAAAAAA', 'BASK00000a', 'SSSSSSSSS', 'TASK00000a', 'TASK00000b', 'UUUUUUUUU', 'ZZZZZZZZZ'];
  const found = async (...range: [string?, string?, number?]) =>
    (await scan(store, ...range)).map((row) => row.slice(0, -2));
  expect(await found('A', 'a')).toEqual(keys);
  expect(await found('A', 'a', 4)).toEqual(keys.slice(0, 4));
  expect(await found('TASK00000b', 'V')).toEqual(['TASK00000b', 'UUUUUUUUU']);
  expect(await found('SSS', 'TASK00000b')).toEqual(['SSSSSSSSS', 'TASK00000a']);
  expect(await store.size({ from: 'A', to: 'a' })).toBeGreaterThanOrEqual(0);
});

test('a load of a task that was loaded before replaces it', async () => {
  const store = await open();
  await loaded(store, [['TASK00000a', 'old']]);
  const load = await begin(store);
  expect(store.get('TASK00000a')).toBe(undefined);
  expect(readdirSync(`${folder}.loaded`)).toHaveLength(1);
  expect(load.add(recordsOf([['TASK00000b', 'new']]))).toBe(true);
  await load.finish();
  expect(await scan(store, 'A', 'Z')).toEqual(['TASK00000b=new']);
});

test('a load that is given up leaves nothing', async () => {
  const store = await open();
  const load = await begin(store);
  load.add(recordsOf([['TASK00000a', '1']]));
  await load.abort();
  expect(await scan(store)).toEqual([]);
  expect(readdirSync(`${folder}.loaded`)).toEqual([]);
  await loaded(store, []); // nothing to load is no folder either
  expect(readdirSync(`${folder}.loaded`)).toEqual([]);
});

test('more rows than a buffer holds become several tables; what is too large for one is refused', async () => {
  const store = await open();
  const load = await begin(store);
  const value = (i: number): Buffer => Buffer.alloc(1_000_000, i);
  for (let batch = 0; batch < 12; batch++) {
    const rows = Array.from({ length: 5 }, (_, i): PlainRow => [`TASK00000${batch * 4 + i}`, value(batch * 5 + i)]);
    expect(load.add(recordsOf(rows))).toBe(true);
    await load.room();
  }
  expect(load.add(recordsOf([['TASK00000large', Buffer.alloc(30_000_000)]]))).toBe(false);
  await load.finish();
  // The first row of a batch is the last one of the batch before.
  for (let key = 0; key < 48; key++) {
    const batch = Math.floor(key / 4);
    expect(store.get(`TASK00000${key}`)?.[0]).toBe(batch * 5 + (key % 4));
  }
});

test('there is an end to what can be loaded', async () => {
  const store = await open();
  const load = await begin(store);
  let taken = 0;
  while (load.add(recordsOf([[`TASK00000${taken}`, Buffer.alloc(20_000_000)]]))) {
    taken++;
    await load.room();
  }
  expect(taken).toBe(8);
  await load.finish();
  expect(store.get('TASK000007')).toHaveLength(20_000_000);
});

test('few rows are not worth it, and where others have the folder open nothing is loaded', async () => {
  const store = await open();
  expect(await store.load(ranges, 100)).toBe(undefined);
  await loaded(store, [['TASK00000a', '1']]);
  const other = await open(false);
  expect(await other.load(['BASK00000'], many)).toBe(undefined);
  expect(other.get('TASK00000a')?.toString()).toBe('1');
});

test('what a process that died had loaded is removed', async () => {
  await (await open()).close();
  mkdirSync(`${folder}.loaded/7`, { recursive: true });
  writeFileSync(`${folder}.loaded/7/000002.ldb`, 'a part of a table');
  await open(false);
  expect(existsSync(`${folder}.loaded/7`)).toBe(true);
  await open();
  expect(existsSync(`${folder}.loaded/7`)).toBe(false);
});

test('rows of ranges that were not named are there as well, and are written to', async () => {
  const store = await open();
  await loaded(store, [
    ['TASK00000a', '1'],
    ['GONE00000a', '1'],
    ['!GONE00000', 'meta'],
  ]);
  await store.write([rowsOf([['GONE00000b', '2']])]);
  expect(await scan(store, 'A', 'Z')).toEqual(['GONE00000a=1', 'GONE00000b=2', 'TASK00000a=1']);
  await store.close();
  const again = await open();
  expect(await scan(again, 'A', 'Z')).toEqual(['GONE00000a=1', 'GONE00000b=2', 'TASK00000a=1']);
  expect(again.get('!GONE00000')?.toString()).toBe('meta');
});

test('a loaded folder that is damaged, or was being removed, is removed', async () => {
  for (const missing of [/ldb$/, /MANIFEST/, /CURRENT/, /log$/]) {
    const store = await open();
    await loaded(store, [['TASK00000a', '1']]);
    await store.close();
    const [name] = readdirSync(`${folder}.loaded`);
    for (const file of readdirSync(`${folder}.loaded/${name!}`)) {
      if (missing.test(file)) rmSync(`${folder}.loaded/${name!}/${file}`);
    }
    const again = await open();
    expect(again.get('TASK00000a')).toBe(undefined);
    expect(readdirSync(`${folder}.loaded`)).toEqual([]);
    await again.close();
  }
});

test('keys that are the beginning of others are rows of their own', async () => {
  const store = await open();
  await loaded(store, [['TASK00000a', 'old']]);
  await store.write([
    rowsOf([
      ['TASK', 'x'],
      ['TASK00000a', 'new'],
    ]),
  ]);
  expect(store.get('TASK00000a')?.toString()).toBe('new');
  expect(store.get('TASK')?.toString()).toBe('x');
});

test('a folder that cannot be written is told', async () => {
  const store = await open();
  writeFileSync(`${folder}.loaded`, 'a file where the folder should be');
  await expect(store.load(ranges, many)).rejects.toMatchObject({ code: 'STATE_FULL' });
  rmSync(`${folder}.loaded`);
  const load = await begin(store);
  rmSync(`${folder}.loaded`, { recursive: true });
  load.add(recordsOf([['TASK00000a', '1']]));
  await expect(load.finish()).rejects.toMatchObject({ code: 'IO_FAILED' });
  await load.abort();
  await loaded(store, [['TASK00000a', '1']]);
  expect(store.get('TASK00000a')?.toString()).toBe('1');
});
