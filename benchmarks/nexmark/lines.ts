/**
 * A file of lines, in memory and ready to be read as records before any clock starts: batches of about a megabyte, each
 * with the columns that a log hands on. Nothing in a line has been looked at.
 */
import { readFileSync } from 'node:fs';
import type { RecordBatch } from '../../src/index.ts';

const batchBytes = 1024 * 1024;
const newline = 10;

export interface Lines {
  readonly count: number;
  readonly batches: readonly RecordBatch[];
}

/** The lines of a file as the records of partition 0 of `topic`. */
export function readLines(file: string, topic: string): Lines {
  return linesOf(readFileSync(file), topic);
}

export function linesOf(bytes: Buffer, topic: string): Lines {
  const batches: RecordBatch[] = [];
  let count = 0;
  for (let from = 0; from < bytes.length;) {
    const last = bytes.length - from <= batchBytes ? bytes.length - 1 : bytes.indexOf(newline, from + batchBytes);
    const to = last < 0 ? bytes.length : last + 1;
    const batch = batchOf(bytes.subarray(from, to), topic, count);
    batches.push(batch);
    count += batch.count;
    from = to;
  }
  return { count, batches };
}

function batchOf(slab: Buffer, topic: string, firstOffset: number): RecordBatch {
  const starts: number[] = [];
  const ends: number[] = [];
  for (let start = 0; start < slab.length;) {
    const found = slab.indexOf(newline, start);
    const end = found < 0 ? slab.length : found;
    starts.push(start);
    ends.push(end);
    start = end + 1;
  }
  const count = starts.length;
  const none = new Int32Array(count).fill(-1);
  return {
    topic,
    partition: 0,
    slab,
    count,
    offsets: Float64Array.from({ length: count }, (_, i) => firstOffset + i),
    timestamps: new Float64Array(count).fill(NaN),
    keyStarts: none,
    keyEnds: none,
    valueStarts: Int32Array.from(starts),
    valueEnds: Int32Array.from(ends),
    headerStarts: undefined,
    nextOffset: firstOffset + count,
  };
}
