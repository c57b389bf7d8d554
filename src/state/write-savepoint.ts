import { mkdir, readdir } from 'node:fs/promises';
import { ByteWriter } from '../core/byte-writer.ts';
import type { SealedBatch } from '../core/log.ts';
import { readCutRow } from './cut-rows.ts';
import type { RowSource } from './job-rows.ts';
import { parseStoredOperator } from './operator-meta.ts';
import type { StoredOperator } from './operator-meta.ts';
import { CUT_ROWS, META_ROWS } from './row-keys.ts';
import {
  invalidSavepoint,
  savepointFormat,
  writeManifest,
  writeSavepointFile,
  type RecordsFile,
  type RowsFile,
  type SavepointCut,
  type SavepointManifest,
} from './savepoint-format.ts';

const FILE_BYTES = 64 * 1024 * 1024;

export interface WriteSavepointOptions {
  readonly folder: string;
  readonly job: string;
  readonly source: RowSource;
  /** Partitions per sub-topology; those that are missing have as many as the highest partition with rows. */
  readonly partitions?: Readonly<Record<string, number>>;
  /** Records of internal topics, a file each. */
  readonly records?: AsyncIterable<SealedBatch>;
  readonly extra?: unknown;
  /** Called before the manifest is written: when it fails there is no savepoint. */
  readonly confirm?: () => Promise<void>;
}

/** Writes a savepoint of a job into an empty or new folder. Nothing may be committed meanwhile. */
export async function writeSavepoint(options: WriteSavepointOptions): Promise<SavepointManifest> {
  const { folder, job, extra = null, confirm } = options;
  await makeEmptyFolder(folder);
  const { operators, cuts, files } = await writeRows(options);
  const records = await writeRecords(options);
  const partitions = { ...partitionsSeen(operators, cuts), ...options.partitions };
  const manifest = { format: savepointFormat, job, partitions, operators, cuts, files, records, extra };
  await confirm?.();
  await writeManifest(folder, manifest);
  return manifest;
}

/** Fails with SAVEPOINT_INVALID when there is something in it. */
export async function makeEmptyFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) throw invalidSavepoint(folder, 'it is not empty', 'Name a new folder.');
}

async function writeRows({ folder, job, source }: WriteSavepointOptions): Promise<{
  readonly operators: readonly StoredOperator[];
  readonly cuts: readonly SavepointCut[];
  readonly files: readonly RowsFile[];
}> {
  const operators: StoredOperator[] = [];
  const cuts: SavepointCut[] = [];
  const files: RowsFile[] = [];
  const out = new ByteWriter(1024 * 1024);
  let count = 0;
  const flush = async (): Promise<void> => {
    if (count === 0) return;
    const name = fileName('rows', files.length);
    files.push({ ...(await writeSavepointFile(folder, name, out.buffer.subarray(0, out.length))), rows: count });
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
  return { operators, cuts, files };
}

async function writeRecords({ folder, records }: WriteSavepointOptions): Promise<readonly RecordsFile[]> {
  const files: RecordsFile[] = [];
  if (records === undefined) return files;
  for await (const { topic, partition, bytes, count } of records) {
    const file = await writeSavepointFile(folder, fileName('records', files.length), bytes);
    files.push({ ...file, topic, partition, records: count });
  }
  return files;
}

function fileName(kind: string, index: number): string {
  return `${kind}-${String(index + 1).padStart(5, '0')}.bin`;
}

function cutOf(key: string, row: Buffer): SavepointCut {
  const { subTopology, cut } = readCutRow(row);
  return { subTopology, partition: parseInt(key.slice(-3), 36), cut: cut.toString('base64') };
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
