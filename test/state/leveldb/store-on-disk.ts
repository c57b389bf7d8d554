import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ByteWriter } from '../../../src/core/byte-writer.ts';
import { RowBatch } from '../../../src/core/row-batch.ts';
import { openLevelStore, type LevelStoreOptions } from '../../../src/state/leveldb/level-store.ts';

/** The folder of a store that was closed after `batches` batches of 10 rows of 100 bytes. */
export async function storeOnDisk(batches: number, options: LevelStoreOptions = {}): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-files-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const store = await openLevelStore(folder, options);
  for (let i = 0; i < batches; i++) {
    const rows = new RowBatch(new ByteWriter(64));
    for (let k = 0; k < 10; k++) rows.putBytes(`${i}/${k}`, Buffer.alloc(100, i));
    await store.write([rows]);
  }
  await store.close();
  return folder;
}

/** Paths of the files of a folder whose names end so. */
export function filesOf(folder: string, ending: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(ending));
  return names.map((name) => join(folder, name));
}
