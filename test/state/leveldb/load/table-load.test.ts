import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { ByteWriter } from '../../../../src/core/byte-writer.ts';
import { nativeCrc32c } from '../../../../src/core/native-crc32c.ts';
import { RowBatch } from '../../../../src/core/row-batch.ts';
import { damagedTables } from '../../../../src/state/leveldb/damaged-tables.ts';
import { openLevelStore } from '../../../../src/state/leveldb/level-store.ts';
import { buildTable } from '../../../../src/state/leveldb/load/build-table.ts';
import { MOST_TABLES, tableName, writeManifest } from '../../../../src/state/leveldb/load/write-manifest.ts';
import { placedRows, type PlainRow } from './placed-rows.ts';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-load-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** A LevelDB of tables, the oldest first. */
async function build(tables: readonly (readonly PlainRow[])[]): Promise<string> {
  const folder = newFolder();
  const files = tables.map((rows, i) => buildTable(join(folder, tableName(i)), placedRows(rows), i + 1, nativeCrc32c));
  await writeManifest(folder, files);
  return folder;
}

const key = fc
  .tuple(fc.constantFrom('AAAAAA000', 'BBBBBB000'), fc.integer({ min: 0, max: 60 }))
  .map(([a, b]) => `${a}${b}`);
const value = fc.option(fc.string({ maxLength: 40 }), { nil: undefined });
const table = fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 80 });

test('LevelDB reads what was built: of each key the newest row, and no deleted ones', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(table, { minLength: 1, maxLength: MOST_TABLES }), async (tables) => {
      const rows = new Map<string, string>();
      for (const [rowKey, text] of tables.flat()) {
        if (text === undefined) rows.delete(rowKey);
        else rows.set(rowKey, text);
      }
      const folder = await build(tables);
      expect(await damagedTables(folder)).toEqual([]);
      const store = await openLevelStore(folder);
      const found: [string, string][] = [];
      for await (const chunk of store.scan({ from: '', to: '\u{10ffff}' })) {
        found.push(...chunk.map((row): [string, string] => [row.key, row.value.toString()]));
      }
      expect(found).toEqual([...rows].sort(([a], [b]) => (a < b ? -1 : 1)));
      for (const [rowKey] of tables.flat()) expect(store.get(rowKey)?.toString()).toBe(rows.get(rowKey));
      expect(store.get('AAAAAA000none')).toBe(undefined);
      await store.close();
    }),
    { numRuns: 40 },
  );
});

test('many rows and large ones: all are found by key', async () => {
  const rows = Array.from({ length: 30_000 }, (_, i): [string, Buffer] => [
    `AAAAAA000user-${i}`,
    Buffer.alloc(i % 5_000 === 0 ? 3_000_000 : i % 300, i),
  ]);
  const folder = await build([rows.slice(0, 20_000), rows.slice(15_000)]);
  expect(await damagedTables(folder)).toEqual([]);
  const store = await openLevelStore(folder);
  const lost = rows.filter(([rowKey, bytes]) => store.get(rowKey)?.equals(bytes) !== true);
  expect(lost.map(([rowKey]) => rowKey)).toEqual([]);
  await store.close();
});

test('what was built can be written to, and is merged by LevelDB', async () => {
  const rows = Array.from({ length: 2_000 }, (_, i): PlainRow => [`AAAAAA000${i}`, `old ${i}`]);
  const folder = await build(Array.from({ length: MOST_TABLES }, () => rows));
  const store = await openLevelStore(folder, { writeBufferBytes: 64 * 1024 });
  for (let round = 0; round < 20; round++) {
    const batch = new RowBatch(new ByteWriter());
    for (let i = 0; i < 2_000; i += 2) batch.putBytes(`AAAAAA000${i}`, Buffer.from(`new ${i} ${'x'.repeat(200)}`));
    await store.write([batch]);
  }
  await store.deleteRange({ from: 'AAAAAA0001', to: 'AAAAAA0002' });
  expect(store.get('AAAAAA0001')).toBe(undefined);
  expect(store.get('AAAAAA0004')?.toString()).toMatch(/^new 4 /);
  expect(store.get('AAAAAA0005')?.toString()).toBe('old 5');
  await store.close();
  const names = readdirSync(folder).filter((name) => name.endsWith('.ldb'));
  expect(names).not.toContain(tableName(MOST_TABLES - 1)); // merged away
  const again = await openLevelStore(folder);
  expect(again.get('AAAAAA0005')?.toString()).toBe('old 5');
  await again.close();
});
