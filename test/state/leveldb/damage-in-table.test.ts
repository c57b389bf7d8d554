import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { damageInTable } from '../../../src/state/leveldb/damage-in-table.ts';
import { damagedTables } from '../../../src/state/leveldb/damaged-tables.ts';
import { filesOf, storeOnDisk } from './store-on-disk.ts';

const smallTables = { writeBufferBytes: 64 * 1024 };
const footerBytes = 48;

test('tables as LevelDB wrote them are whole', async () => {
  const folder = await storeOnDisk(300, smallTables);
  expect(filesOf(folder, '.ldb').length).toBeGreaterThan(1);
  expect(await damagedTables(folder)).toEqual([]);
});

test('a flipped bit is found wherever it is, but for the zeros and the magic of the footer', async () => {
  const [table] = filesOf(await storeOnDisk(300, smallTables), '.ldb');
  const bytes = readFileSync(table!);
  const handles = bytes.length - footerBytes;
  const magic = bytes.length - 8;
  for (let at = 0; at < bytes.length; at++) {
    if (at >= magic || (at >= handles && bytes[at] === 0)) continue;
    bytes[at]! ^= 1 << (at & 7);
    expect(damageInTable(bytes), `byte ${at} of ${bytes.length}`).toBeDefined();
    bytes[at]! ^= 1 << (at & 7);
  }
  expect(damageInTable(bytes)).toBeUndefined();
});

test('damage is told with file and byte; a table that LevelDB left unfinished is none', async () => {
  const folder = await storeOnDisk(300, smallTables);
  const [first, second] = filesOf(folder, '.ldb');
  const bytes = readFileSync(first!);
  writeFileSync(first!, bytes.subarray(0, -1));
  const other = readFileSync(second!);
  other[100]! ^= 1;
  writeFileSync(second!, other);
  expect(await damagedTables(folder)).toEqual([{ name: basename(second!), at: 0 }]);
  expect(await damagedTables(folder, bytes.length)).toEqual([]);
});
