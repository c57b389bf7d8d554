/**
 * Makes a LevelDB folder of finished tables: a manifest that names them, and CURRENT that names the manifest.
 *
 *   manifest   a log (see check-files.ts) with one record: comparator | log number | next file | last sequence | tables
 *   table      7 | level | file number | bytes | smallest key | largest key
 *
 * Source: LevelDB, doc/impl.md and db/version_edit.cc. Tables of one level must not overlap, except in level 0, where those
 * of higher numbers are newer. Below that a table is older than those of the levels above it. So the oldest table goes to
 * the bottom, each next one a level higher, and none to level 1, which LevelDB would merge at once because of its size.
 */
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ByteWriter } from '../../../core/byte-writer.ts';
import { crc32c } from '../../../core/crc32c.ts';
import { mask } from '../masked-checksum.ts';
import type { TableFile } from './table-writer.ts';

const levels = [6, 5, 4, 3, 2, 0, 0, 0];

/** More would overlap where LevelDB slows down writes. */
export const MOST_TABLES = levels.length;

const manifestNumber = 1;
const firstTable = 2;

export function tableName(index: number): string {
  return `${numberText(firstTable + index)}.ldb`;
}

/** `tables` are in the order of their rows' age, named by `tableName`; row sequences are their places, counted from 1. */
export async function writeManifest(folder: string, tables: readonly TableFile[]): Promise<void> {
  const edit = new ByteWriter(1024);
  const number = (tag: number, value: number): void => {
    edit.varuint(tag);
    edit.varuint(value);
  };
  edit.varuint(1);
  edit.sizedText('leveldb.BytewiseComparator');
  number(2, 0);
  number(3, firstTable + tables.length);
  number(4, tables.length);
  tables.forEach(({ bytes, smallest, largest }, i) => {
    number(7, levels[i]!);
    edit.varuint(firstTable + i);
    edit.varuint(bytes);
    for (const key of [smallest, largest]) {
      edit.varuint(key.length);
      edit.bytes(key);
    }
  });
  const manifest = `MANIFEST-${numberText(manifestNumber)}`;
  await writeDurably(join(folder, manifest), logOf(edit.buffer.subarray(0, edit.length)));
  await writeDurably(join(folder, 'CURRENT.new'), Buffer.from(`${manifest}\n`));
  await rename(join(folder, 'CURRENT.new'), join(folder, 'CURRENT'));
}

const blockBytes = 32 * 1024;
const headerBytes = 7;

/** A record in as many parts as it takes. */
function logOf(record: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < record.length;) {
    const end = Math.min(record.length, at + blockBytes - headerBytes);
    const part = Buffer.alloc(headerBytes + end - at);
    part.writeUInt16LE(end - at, 4);
    part[6] = at === 0 ? (end === record.length ? 1 : 2) : end === record.length ? 4 : 3;
    record.copy(part, headerBytes, at, end);
    part.writeUInt32LE(mask(crc32c(part, 6)), 0);
    parts.push(part);
    at = end;
  }
  return Buffer.concat(parts);
}

async function writeDurably(path: string, content: Buffer): Promise<void> {
  await writeFile(path, content, { flush: true });
}

function numberText(number: number): string {
  return String(number).padStart(6, '0');
}
