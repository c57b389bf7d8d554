import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ByteWriter } from '../../../src/core/byte-writer.ts';
import { RowBatch } from '../../../src/core/row-batch.ts';
import { damageIn } from '../../../src/state/leveldb/check-files.ts';
import { openLevelStore } from '../../../src/state/leveldb/level-store.ts';

/** A store that was closed with `batches` batches in its write-ahead log. */
async function storeWith(batches: number): Promise<{ folder: string; log: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-files-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const store = await openLevelStore(folder);
  for (let i = 0; i < batches; i++) {
    const rows = new RowBatch(new ByteWriter(64));
    for (let k = 0; k < 10; k++) rows.putBytes(`${i}/${k}`, Buffer.alloc(100, i));
    await store.write([rows]);
  }
  await store.close();
  return {
    folder,
    log: join(
      folder,
      readdirSync(folder).find((name) => /^\d+\.log$/.test(name))!,
    ),
  };
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
