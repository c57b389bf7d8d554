import { recordBatchOf, type RecordBatch } from '../../../../src/core/record-batch.ts';
import { PLACES, SLACK, type PlacedRows } from '../../../../src/state/leveldb/load/row-places.ts';

/** Rows of key and value; without a value they are deletions. */
export type PlainRow = readonly [key: string | Buffer, value?: string | Buffer | undefined];

export function placedRows(rows: readonly PlainRow[]): PlacedRows {
  const parts: Buffer[] = [];
  const places = new Int32Array(PLACES * rows.length);
  let at = 0;
  const append = (bytes: Buffer): void => {
    parts.push(bytes);
    at += bytes.length;
  };
  rows.forEach(([key, value], row) => {
    places[PLACES * row] = at;
    append(Buffer.from(key as string));
    places[PLACES * row + 1] = at;
    places[PLACES * row + 2] = value === undefined ? -1 : at;
    if (value !== undefined) append(Buffer.from(value as string));
    places[PLACES * row + 3] = value === undefined ? -1 : at;
  });
  return { bytes: Buffer.concat([...parts, Buffer.alloc(SLACK)]), count: rows.length, places };
}

export function recordsOf(rows: readonly PlainRow[]): RecordBatch {
  const records = rows.map(([key, value]) => ({
    key: Buffer.from(key as string),
    value: value === undefined ? null : Buffer.from(value as string),
  }));
  return recordBatchOf('changelog', 0, 0, records);
}
