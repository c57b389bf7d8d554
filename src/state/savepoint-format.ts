/**
 * A savepoint: all rows of one job at one cut, and the records that were between its stages, in a folder.
 *
 *   manifest.json         what is in it; written last, so a folder without one is not a savepoint
 *   rows-00001.bin ...    rows: sized key text, sized value
 *   records-00001.bin ... record batches (core/batch-format.ts) of one partition of an internal topic, in their order
 *
 * A file has about 64 MiB at most; its CRC-32C is in the manifest. What is derived (expiry index, rows of dropped lists and
 * maps) is left out. Format 1 had no records.
 */
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32c } from '../core/crc32c.ts';
import { StreamError, messageOf } from '../core/stream-error.ts';
import type { StoredOperator } from './operator-meta.ts';

export const savepointFormat = 2;
const readable: readonly number[] = [1, savepointFormat];
const MANIFEST = 'manifest.json';

export interface SavepointFile {
  readonly name: string;
  readonly bytes: number;
  readonly crc32c: number;
}

export interface RowsFile extends SavepointFile {
  readonly rows: number;
}

export interface RecordsFile extends SavepointFile {
  readonly topic: string;
  readonly partition: number;
  readonly records: number;
}

export interface SavepointCut {
  readonly subTopology: string;
  readonly partition: number;
  /** The cut as the runtime gave it, base64. */
  readonly cut: string;
}

export interface SavepointManifest {
  readonly format: number;
  readonly job: string;
  /** Partitions per sub-topology that has state. */
  readonly partitions: Readonly<Record<string, number>>;
  readonly operators: readonly StoredOperator[];
  readonly cuts: readonly SavepointCut[];
  readonly files: readonly RowsFile[];
  readonly records: readonly RecordsFile[];
  /** What the writer wants to find again: graph manifest, offsets. */
  readonly extra: unknown;
}

/** Reads the manifest; fails with SAVEPOINT_INVALID when the folder has none. */
export async function readManifest(folder: string): Promise<SavepointManifest> {
  let manifest: SavepointManifest;
  try {
    manifest = JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')) as SavepointManifest;
  } catch (cause) {
    throw invalidSavepoint(
      folder,
      `its manifest cannot be read (${messageOf(cause)})`,
      'Name the folder of a complete savepoint.',
    );
  }
  if (!readable.includes(manifest.format)) {
    throw invalidSavepoint(
      folder,
      `it has format ${String(manifest.format)}, this build reads up to ${String(savepointFormat)}`,
      'Use the build that wrote it.',
    );
  }
  return manifest.format === 1 ? { ...manifest, records: [] } : manifest;
}

export async function writeManifest(folder: string, manifest: SavepointManifest): Promise<void> {
  await writeDurably(join(folder, `${MANIFEST}.new`), Buffer.from(JSON.stringify(manifest, undefined, 2)));
  await rename(join(folder, `${MANIFEST}.new`), join(folder, MANIFEST));
}

export async function writeSavepointFile(folder: string, name: string, bytes: Buffer): Promise<SavepointFile> {
  await writeDurably(join(folder, name), bytes);
  return { name, bytes: bytes.length, crc32c: crc32c(bytes) };
}

/** The bytes of a file, checked against the manifest. */
export async function readSavepointFile(folder: string, file: SavepointFile): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await readFile(join(folder, file.name));
  } catch (cause) {
    throw invalidSavepoint(folder, `${file.name} cannot be read (${messageOf(cause)})`, 'Copy the whole folder.');
  }
  if (bytes.length !== file.bytes || crc32c(bytes) !== file.crc32c) {
    throw invalidSavepoint(
      folder,
      `${file.name} is damaged: its checksum differs`,
      'Copy the folder again, or take another savepoint.',
    );
  }
  return bytes;
}

export function invalidSavepoint(folder: string, reason: string, remedy: string): StreamError {
  return new StreamError('SAVEPOINT_INVALID', `${folder} is not a usable savepoint: ${reason}`, { remedy });
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'wx');
  await file.writeFile(bytes);
  await file.sync();
}
