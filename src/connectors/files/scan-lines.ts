import { emptyColumns, NOT_READ, type Columns, type RecordBatch } from '../../core/record-batch.ts';

/** Lines found in a slab, as record columns. */
export interface ScannedLines {
  readonly columns: Columns;
  /** Lines that are not empty. */
  readonly count: number;
  /** All lines, empty ones too. */
  readonly lines: number;
  /** Bytes of all whole lines; what follows is the beginning of one. */
  readonly bytes: number;
}

export interface ScanOptions {
  /** Offset of the slab's first byte. */
  readonly base: number;
  /** What follows the last newline is a line too. */
  readonly last: boolean;
  /** Stops after about this many bytes, at the end of a line. */
  readonly maxBytes: number;
  /** Of a longer line the record says that it was not read. */
  readonly maxLineBytes: number;
}

const newline = 0x0a;
const carriageReturn = 0x0d;
const nothing = Buffer.alloc(0);

/**
 * The lines of `slab[0, end)`. The offset of a record is that of its line's first byte. CRLF ends a line as well; empty
 * lines are left out, and so is a byte order mark at offset 0.
 */
export function scanLines(slab: Buffer, end: number, options: ScanOptions): ScannedLines {
  const { base, last, maxBytes, maxLineBytes } = options;
  let columns = emptyColumns(16 + Math.ceil(Math.min(end, maxBytes) / 128));
  let count = 0;
  let lines = 0;
  let at = 0;
  while (at < end && at < maxBytes) {
    let to = slab.indexOf(newline, at);
    if (to < 0 || to >= end) {
      if (!last) break;
      to = end;
    }
    const from = at === 0 && base === 0 ? afterMark(slab, to) : at;
    const stop = to > from && slab[to - 1] === carriageReturn ? to - 1 : to;
    if (stop > from) {
      if (count === columns.offsets.length) columns = grown(columns);
      columns.offsets[count] = base + at;
      const isTooLong = to - at > maxLineBytes;
      columns.valueStarts[count] = isTooLong ? NOT_READ : from;
      columns.valueEnds[count] = isTooLong ? Math.min(to + 1, end) - at : stop;
      count++;
    }
    lines++;
    at = Math.min(to + 1, end);
  }
  columns.timestamps.fill(NaN, 0, count);
  columns.keyStarts.fill(-1, 0, count);
  columns.keyEnds.fill(-1, 0, count);
  return { columns, count, lines, bytes: at };
}

/** The scanned lines as a batch; undefined when all of them were empty. */
export function batchOfLines(
  topic: string,
  slab: Buffer,
  { columns, count, bytes }: ScannedLines,
  base: number,
): RecordBatch | undefined {
  if (count === 0) return undefined;
  return { topic, partition: 0, slab, count, ...columns, headerStarts: undefined, nextOffset: base + bytes };
}

/** A line that is not in memory, as a batch. */
export function batchOfLongLine(topic: string, offset: number, nextOffset: number): RecordBatch {
  const columns = emptyColumns(1);
  columns.offsets[0] = offset;
  columns.timestamps[0] = NaN;
  columns.keyStarts[0] = columns.keyEnds[0] = -1;
  columns.valueStarts[0] = NOT_READ;
  columns.valueEnds[0] = Math.min(nextOffset - offset, 2 ** 31 - 1);
  return { topic, partition: 0, slab: nothing, count: 1, ...columns, headerStarts: undefined, nextOffset };
}

/** Newlines in `bytes`. */
export function countNewlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) count++;
  return count;
}

function afterMark(slab: Buffer, end: number): number {
  return end >= 3 && slab[0] === 0xef && slab[1] === 0xbb && slab[2] === 0xbf ? 3 : 0;
}

function grown(columns: ScannedLines['columns']): ScannedLines['columns'] {
  const larger = emptyColumns(columns.offsets.length * 2);
  larger.offsets.set(columns.offsets);
  larger.valueStarts.set(columns.valueStarts);
  larger.valueEnds.set(columns.valueEnds);
  return larger;
}
