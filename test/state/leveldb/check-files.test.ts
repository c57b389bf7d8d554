import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { damageIn } from '../../../src/state/leveldb/check-files.ts';
import { openLevelStore } from '../../../src/state/leveldb/level-store.ts';
import { filesOf, storeOnDisk } from './store-on-disk.ts';

async function storeWith(batches: number): Promise<{ folder: string; log: string }> {
  const folder = await storeOnDisk(batches);
  return { folder, log: filesOf(folder, '.log')[0]! };
}

async function codeOfOpening(folder: string): Promise<string> {
  try {
    await (await openLevelStore(folder)).close();
    return 'opened';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test('a log as LevelDB wrote it is whole, wherever it is cut off', async () => {
  const { folder, log } = await storeWith(200);
  const bytes = readFileSync(log);
  expect(bytes.length).toBeGreaterThan(3 * 32 * 1024);
  expect(damageIn(bytes)).toBeUndefined();
  for (let cut = 0; cut < bytes.length; cut += 997) expect(damageIn(bytes.subarray(0, cut))).toBeUndefined();
  expect(await codeOfOpening(folder)).toBe('opened');
});

test('a flipped bit is found, but for one in the last record', async () => {
  const { folder, log } = await storeWith(200);
  const bytes = readFileSync(log);
  const lastRecord = bytes.length - 1_200;
  for (let at = 3; at < lastRecord; at += 1_009) {
    bytes[at]! ^= 0x10;
    expect(damageIn(bytes), `byte ${at}`).toBeDefined();
    bytes[at]! ^= 0x10;
  }
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(log, bytes);
  expect(await codeOfOpening(folder)).toBe('STATE_CORRUPT');
});

test('a folder that has lost its CURRENT is not begun anew', async () => {
  const { folder } = await storeWith(3);
  rmSync(join(folder, 'CURRENT'));
  expect(await codeOfOpening(folder)).toBe('STATE_CORRUPT');
});

test('a folder that has lost its MANIFEST says so', async () => {
  const { folder } = await storeWith(3);
  rmSync(
    join(
      folder,
      readdirSync(folder).find((name) => name.startsWith('MANIFEST'))!,
    ),
  );
  await expect(openLevelStore(folder)).rejects.toMatchObject({
    code: 'STATE_CORRUPT',
    message: expect.stringMatching(/MANIFEST-\d+ is missing/),
    remedy: expect.stringContaining('Restore'),
  });
});

test('a table with a flipped bit is not opened', async () => {
  const folder = await storeOnDisk(200, { writeBufferBytes: 64 * 1024 });
  expect(await codeOfOpening(folder)).toBe('opened');
  const table = filesOf(folder, '.ldb')[0]!;
  const bytes = readFileSync(table);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(table, bytes);
  expect(await codeOfOpening(folder)).toBe('STATE_CORRUPT');
});
