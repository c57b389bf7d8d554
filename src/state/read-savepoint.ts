import { batchHeaderBytes, readBatchHeader } from '../core/batch-format.ts';
import { walkBatches } from '../core/batch-walker.ts';
import { ByteReader } from '../core/byte-reader.ts';
import type { RecordBatch } from '../core/record-batch.ts';
import type { Row } from '../core/store.ts';
import { StreamError } from '../core/stream-error.ts';
import { RowMover } from './row-mover.ts';
import { readSavepointFile, type RowsFile, type SavepointManifest } from './savepoint-format.ts';

/** What a record has beside key and value: lengths, time. */
const rowOverhead = 64;

/** A savepoint to read from. */
export interface SavepointPlace {
  readonly folder: string;
  readonly manifest: SavepointManifest;
}

/**
 * The rows of a savepoint under the keys that they get when sub-topologies have the numbers of tasks in `partitions`. The
 * operator rows come last, in a chunk of their own. Cut rows of sub-topologies whose number changes are left out, because
 * only the runtime can make new ones from the old. All files are checked before this resolves; rows of more than
 * `mostBytes` are RECORD_TOO_LARGE. `onChecked` hears after each file how many rows have been checked.
 */
export async function checkedRows(
  place: SavepointPlace,
  partitions: Readonly<Record<string, number>>,
  mostBytes: number,
  onChecked?: (rows: number) => void,
): Promise<AsyncIterable<readonly Row[]>> {
  const { folder, manifest } = place;
  const mover = new RowMover(manifest, partitions);
  let checked = 0;
  for (const file of manifest.files) {
    for (const row of await readRows(folder, file)) {
      mover.check(row);
      if (Buffer.byteLength(row.key) + row.value.length + rowOverhead > mostBytes) throw tooLarge(row, mostBytes);
    }
    checked += file.rows;
    onChecked?.(checked);
  }
  return movedRows(place, mover);
}

/** The records of a savepoint: of a topic's partition in their order. */
export async function* recordsOf({ folder, manifest }: SavepointPlace): AsyncIterable<RecordBatch> {
  for (const file of manifest.records) {
    const bytes = await readSavepointFile(folder, file);
    const { topic, partition } = file;
    // Offsets begin again with each batch.
    for (let at = 0; at + batchHeaderBytes <= bytes.length;) {
      const end = at + readBatchHeader(bytes, at, bytes.length, false)!.bytes;
      const { batch } = walkBatches(bytes, { topic, partition, checkCrc: false }, at, end);
      if (batch !== undefined) yield batch;
      at = end;
    }
  }
}

async function* movedRows({ folder, manifest }: SavepointPlace, mover: RowMover): AsyncIterable<readonly Row[]> {
  for (const file of manifest.files) {
    let chunk: Row[] = [];
    for (const row of await readRows(folder, file)) {
      const key = mover.newKey(row);
      if (key !== undefined) chunk.push({ key, value: row.value });
      if (chunk.length < 10_000) continue;
      yield chunk;
      chunk = [];
    }
    yield chunk;
  }
  yield [...mover.operatorRows()];
}

function tooLarge({ key, value }: Row, mostBytes: number): StreamError {
  const reason = `a row of ${String(value.length)} bytes does not fit into a record, which has at most ${String(mostBytes)}`;
  return new StreamError('RECORD_TOO_LARGE', reason, {
    key: key.slice(0, 120),
    remedy: 'Restore it on the embedded log, make the value smaller there, and take another savepoint.',
  });
}

async function readRows(folder: string, file: RowsFile): Promise<Row[]> {
  const reader = new ByteReader(await readSavepointFile(folder, file));
  const rows: Row[] = [];
  while (reader.remaining > 0) rows.push({ key: reader.sizedText(), value: reader.sizedBytes() });
  return rows;
}
