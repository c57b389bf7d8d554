import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ByteWriter } from '../../../src/core/byte-writer.ts';
import { RowBatch } from '../../../src/core/row-batch.ts';
import { LevelStore, openLevelStore } from '../../../src/state/leveldb/level-store.ts';
import { storeSuite } from '../../../src/testing/suites/store-suite.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'level-store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('conformance', () => storeSuite({ test, expect }, { open: () => openLevelStore(join(folder, 'store')) }));

test('keeps rows when it is opened again', async () => {
  const batch = new RowBatch(new ByteWriter());
  batch.putBytes('a', Buffer.from('1'));
  const first = await openLevelStore(folder);
  await first.write([batch], { sync: true });
  await first.close();
  const second = await openLevelStore(folder);
  expect(second.get('a')?.toString()).toBe('1');
  await second.close();
});

test('two handles of one process share the folder', async () => {
  const batch = new RowBatch(new ByteWriter());
  batch.putBytes('a', Buffer.from('1'));
  const first = await openLevelStore(folder);
  const second = await openLevelStore(`${folder}/.`);
  await first.write([batch]);
  expect(second.get('a')?.toString()).toBe('1');
  await first.close();
  expect(second.get('a')?.toString()).toBe('1');
  await second.close();
});

test('a folder that another process has open is STATE_LOCKED', async () => {
  const script = `import { Level } from 'level'; const db = new Level(process.argv[1]); await db.open(); console.log('open'); process.stdin.resume();`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', script, folder], {
    cwd: join(import.meta.dirname, '../../..'),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    await once(other.stdout, 'data');
    await expect(openLevelStore(folder)).rejects.toMatchObject({ code: 'STATE_LOCKED', remedy: expect.any(String) });
  } finally {
    other.kill('SIGKILL');
    await once(other, 'exit');
  }
});

test('a damaged store is STATE_CORRUPT', async () => {
  const store = await openLevelStore(folder);
  await store.close();
  await writeFile(join(folder, 'CURRENT'), 'MANIFEST-999999');
  await expect(openLevelStore(folder)).rejects.toMatchObject({ code: 'STATE_CORRUPT' });
});

test('a path that cannot be a folder is STATE_FULL', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(openLevelStore(join(folder, 'file'))).rejects.toMatchObject({ code: 'STATE_FULL' });
});

test('after a write that failed there is no other: it would be lost when the store is opened again', async () => {
  const db = new Level<string, Buffer>(folder, { keyEncoding: 'utf8', valueEncoding: 'buffer' });
  await db.open();
  const batch = new RowBatch(new ByteWriter());
  batch.putBytes('a', Buffer.from('1'));
  await new LevelStore(folder, db).write([batch]);
  const store = new LevelStore(folder, db);
  const works = db.batch.bind(db);
  db.batch = () => {
    throw new Error('IO error: /x/000005.log: No space left on device');
  };
  const full = { code: 'STATE_FULL', reaction: 'fail-job', remedy: expect.stringMatching(/Free space.*start again/) };
  await expect(store.write([batch])).rejects.toMatchObject(full);
  db.batch = works;
  await expect(store.write([batch])).rejects.toMatchObject(full);
  await expect(store.deleteRange({ from: 'a', to: 'b' })).rejects.toMatchObject(full);
  expect(store.get('a')?.toString()).toBe('1');
  await store.close();
});

test('rows of one write are not in the next one, nor after the store was closed', async () => {
  const store = await openLevelStore(folder);
  const rows = new RowBatch(new ByteWriter());
  for (let i = 0; i < 100; i++) {
    rows.clear();
    rows.putBytes(`key-${String(i)}`, Buffer.from(String(i)));
    if (i > 0) rows.delete(`key-${String(i - 1)}`);
    await Promise.all([store.write([rows]), store.write([rows])]);
    expect(store.get(`key-${String(i)}`)?.toString()).toBe(String(i));
    expect(store.get(`key-${String(i - 1)}`)).toBeUndefined();
  }
  await store.close();
  await expect(store.write([rows])).rejects.toMatchObject({ code: 'NOT_RUNNING' });
});
