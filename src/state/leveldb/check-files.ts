/**
 * Looks at the files of a LevelDB folder before LevelDB does, which keeps silent about three kinds of damage: without
 * `CURRENT` it begins an empty database, from a damaged write-ahead log it takes what it can read, and damaged tables give
 * wrong rows or end the process.
 *
 *   log      blocks of 32 KiB; a block holds records and at its end fewer than 7 bytes of zeros
 *   record   crc32c of type and data, masked (4 bytes) | length (2) | type (1: whole, 2-4: parts; 0: nothing follows) | data
 *
 * Source: LevelDB, doc/log_format.md. A record that is cut off by the end of the file was never acknowledged; a damaged one
 * with readable ones behind it was.
 */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32c } from '../../core/crc32c.ts';
import { StreamError } from '../../core/stream-error.ts';
import { damagedTables } from './damaged-tables.ts';
import { readIfThere } from './read-if-there.ts';
import { unmask } from './masked-checksum.ts';

const blockBytes = 32 * 1024;
const headerBytes = 7;

/** Tables are read only where that does not delay a start: 32 MiB take a tenth of a second. */
const mostTableBytes = 32 * 2 ** 20;

/** Fails with STATE_CORRUPT. `folder` exists. */
export async function checkFiles(folder: string): Promise<void> {
  const names = await readdir(folder);
  const logs = names.filter((name) => /^\d+\.log$/.test(name));
  if (names.includes('CURRENT')) {
    await checkManifest(folder);
  } else {
    const sizes = await Promise.all(logs.map(async (name) => (await stat(join(folder, name))).size));
    const used = names.find((name) => name.endsWith('.ldb')) ?? logs.find((_, i) => sizes[i]! > 0);
    if (used !== undefined) throw corrupt(folder, `there is ${used}, but no CURRENT`);
  }
  for (const name of logs) {
    const damage = damageIn((await readIfThere(join(folder, name))) ?? new Uint8Array());
    if (damage !== undefined) throw corrupt(folder, `${name} is damaged at byte ${damage}`);
  }
  const [table] = await damagedTables(folder, mostTableBytes);
  if (table !== undefined) throw corrupt(folder, `${table.name} is damaged at byte ${table.at}`);
}

async function checkManifest(folder: string): Promise<void> {
  const current = await manifestOf(folder);
  if (current === undefined || existsSync(join(folder, current))) return; // LevelDB says what else is wrong with it
  const isReplaced = (await manifestOf(folder)) !== current; // by another thread that has just opened the folder
  if (!isReplaced) throw corrupt(folder, `${current} is missing, which says what files there are`);
}

async function manifestOf(folder: string): Promise<string | undefined> {
  return /^MANIFEST-\d+(?=\n$)/.exec(String(await readIfThere(join(folder, 'CURRENT'))))?.[0];
}

/** Where a write-ahead log is damaged and goes on all the same; undefined: nowhere. */
export function damageIn(log: Uint8Array): number | undefined {
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  let damage: number | undefined;
  for (let block = 0; block < log.length; block += blockBytes) {
    const end = Math.min(log.length, block + blockBytes);
    for (let at = block; at + headerBytes <= end;) {
      const next = at + headerBytes + view.getUint16(at + 4, true);
      const type = log[at + 6]!;
      if (type === 0 && next === at + headerBytes) break;
      if (next <= end && unmask(view.getUint32(at, true)) === crc32c(log, at + 6, next)) {
        if (damage !== undefined) return damage;
      } else {
        damage ??= at;
      }
      at = next;
    }
  }
  return undefined;
}

function corrupt(folder: string, what: string): StreamError {
  return new StreamError('STATE_CORRUPT', `the store in ${folder} cannot be trusted: ${what}`, {
    remedy: 'Restore a savepoint into an empty folder; check the disk before using it again.',
  });
}
