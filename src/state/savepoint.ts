/**
 * A savepoint: all rows of one job at one cut, in a folder.
 *
 *   manifest.json      what is in it; written last, so a folder without one is not a savepoint
 *   rows-00001.bin ... rows: sized key text, sized value; at most about 64 MiB a file, CRC-32C in the manifest
 *
 * What is derived (expiry index, rows of dropped lists and maps) is left out. Restoring with other partition counts moves
 * keyed rows and timers to the partition of their key.
 */
import { mkdir, open, readFile, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { ByteReader } from '../core/byte-reader.ts';
import { ByteWriter } from '../core/byte-writer.ts';
import { crc32c } from '../core/crc32c.ts';
import { RowBatch } from '../core/row-batch.ts';
import type { Row, Store } from '../core/store.ts';
import { StreamError, messageOf } from '../core/stream-error.ts';
import { storedOperators } from './job-rows.ts';
import type { RowSource } from './job-rows.ts';
import { parseStoredOperator } from './operator-meta.ts';
import type { StoredOperator } from './operator-meta.ts';
import { RowMover } from './row-mover.ts';
import { CUT_ROWS, META_ROWS } from './row-keys.ts';

const FORMAT = 1;
const MANIFEST = 'manifest.json';
const FILE_BYTES = 64 * 1024 * 1024;

export interface SavepointFile {
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  readonly crc32c: number;
}

export interface SavepointCut {
  readonly subTopology: string;
  readonly partition: number;
  /** The cut as the runtime gave it, base64. */
  readonly cut: string;
}

export interface SavepointManifest {
  readonly format: typeof FORMAT;
  readonly job: string;
  /** Partitions per sub-topology that has state. */
  readonly partitions: Readonly<Record<string, number>>;
  readonly operators: readonly StoredOperator[];
  readonly cuts: readonly SavepointCut[];
  readonly files: readonly SavepointFile[];
  /** What the writer wants to find again: graph manifest, offsets. */
  readonly extra: unknown;
}

/** Writes a savepoint of a job into an empty or new folder. Nothing may be committed meanwhile. */
export async function writeSavepoint(options: {
  readonly folder: string;
  readonly job: string;
  readonly source: RowSource;
  /** Partitions per sub-topology; those that are missing have as many as the highest partition with rows. */
  readonly partitions?: Readonly<Record<string, number>>;
  readonly extra?: unknown;
}): Promise<SavepointManifest> {
  const { folder, job, source, extra = null } = options;
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) {
    throw invalid(folder, 'it is not empty', 'Name a new folder.');
  }
  const operators: StoredOperator[] = [];
  const cuts: SavepointCut[] = [];
  const files: SavepointFile[] = [];
  const out = new ByteWriter(1024 * 1024);
  let count = 0;
  const flush = async (): Promise<void> => {
    if (count === 0) return;
    const name = `rows-${String(files.length + 1).padStart(5, '0')}.bin`;
    const bytes = out.buffer.subarray(0, out.length);
    await writeDurably(join(folder, name), bytes);
    files.push({ name, rows: count, bytes: out.length, crc32c: crc32c(bytes) });
    out.clear();
    count = 0;
  };
  for await (const rows of source.rows(job)) {
    for (const { key, value } of rows) {
      if (key.startsWith(META_ROWS)) operators.push(parseStoredOperator(value));
      if (key.startsWith(CUT_ROWS)) cuts.push(cutOf(key, value));
      out.sizedText(key);
      out.sizedBytes(value);
      count++;
    }
    if (out.length >= FILE_BYTES) await flush();
  }
  await flush();
  const partitions = { ...partitionsSeen(operators, cuts), ...options.partitions };
  const manifest: SavepointManifest = { format: FORMAT, job, partitions, operators, cuts, files, extra };
  await writeDurably(join(folder, `${MANIFEST}.new`), Buffer.from(JSON.stringify(manifest, undefined, 2)));
  await rename(join(folder, `${MANIFEST}.new`), join(folder, MANIFEST));
  return manifest;
}

/** Reads the manifest; fails with SAVEPOINT_INVALID when the folder has none. */
export async function readManifest(folder: string): Promise<SavepointManifest> {
  let manifest: SavepointManifest;
  try {
    manifest = JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')) as SavepointManifest;
  } catch (cause) {
    throw invalid(
      folder,
      `its manifest cannot be read (${messageOf(cause)})`,
      'Name the folder of a complete savepoint.',
    );
  }
  const format: number = manifest.format;
  if (format !== FORMAT) {
    throw invalid(
      folder,
      `it has format ${String(format)}, this build reads ${String(FORMAT)}`,
      'Use the build that wrote it.',
    );
  }
  return manifest;
}

/**
 * Writes the rows of a savepoint into a store that has none of the job. `partitions` names the sub-topologies that get
 * another number of tasks; their cut rows are left out, because only the runtime can make new ones from the old.
 */
export async function restoreSavepoint(options: {
  readonly folder: string;
  readonly store: Store;
  readonly partitions?: Readonly<Record<string, number>>;
}): Promise<SavepointManifest> {
  const { folder, store, partitions = {} } = options;
  const manifest = await readManifest(folder);
  if ((await storedOperators(store, manifest.job)).length > 0) {
    throw new StreamError('SAVEPOINT_INVALID', `the store already has state of '${manifest.job}'`, {
      job: manifest.job,
      remedy: 'Restore into an empty data folder, or replace it: --force, or force: true.',
    });
  }
  const mover = new RowMover(manifest, partitions);
  // Everything is checked before anything is written.
  for (const file of manifest.files) for (const row of await readRows(folder, file)) mover.check(row);
  for (const file of manifest.files) {
    let batch = new RowBatch(new ByteWriter(1024 * 1024));
    for (const row of await readRows(folder, file)) {
      const key = mover.newKey(row);
      if (key !== undefined) batch.putBytes(key, row.value);
      if (batch.count < 10_000) continue;
      await store.write([batch]);
      batch = new RowBatch(new ByteWriter(1024 * 1024));
    }
    await store.write([batch]);
  }
  const operators = new RowBatch(new ByteWriter());
  for (const { key, value } of mover.operatorRows()) operators.putBytes(key, value);
  await store.write([operators], { sync: true });
  return manifest;
}

async function readRows(folder: string, file: SavepointFile): Promise<Row[]> {
  let bytes: Buffer;
  try {
    bytes = await readFile(join(folder, file.name));
  } catch (cause) {
    throw invalid(folder, `${file.name} cannot be read (${messageOf(cause)})`, 'Copy the whole folder.');
  }
  if (bytes.length !== file.bytes || crc32c(bytes) !== file.crc32c) {
    throw invalid(
      folder,
      `${file.name} is damaged: its checksum differs`,
      'Copy the folder again, or take another savepoint.',
    );
  }
  const reader = new ByteReader(bytes);
  const rows: Row[] = [];
  while (reader.remaining > 0) rows.push({ key: reader.sizedText(), value: reader.sizedBytes() });
  return rows;
}

function cutOf(key: string, row: Buffer): SavepointCut {
  const reader = new ByteReader(row);
  reader.sizedText();
  const subTopology = reader.sizedText();
  const partition = parseInt(key.slice(-3), 36);
  return { subTopology, partition, cut: reader.bytes(reader.remaining).toString('base64') };
}

function partitionsSeen(
  operators: readonly StoredOperator[],
  cuts: readonly SavepointCut[],
): Readonly<Record<string, number>> {
  const seen: Record<string, number> = {};
  for (const { subTopology, partition } of [...operators, ...cuts]) {
    seen[subTopology] = Math.max(seen[subTopology] ?? 0, partition + 1);
  }
  return seen;
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, 'wx');
  await file.writeFile(bytes);
  await file.sync();
}

function invalid(folder: string, reason: string, remedy: string): StreamError {
  return new StreamError('SAVEPOINT_INVALID', `${folder} is not a usable savepoint: ${reason}`, { remedy });
}
