/**
 * Walks v2 record batches (core/batch-format.ts) into the columns of a RecordBatch: first the headers, to know how many
 * records there are, then the records. Nothing is allocated per record. Every length is checked against the end of its
 * record and every record against the end of its batch, so damage is an error (BATCH_CORRUPT), never a wrong record.
 */
import type { BatchHeader } from './batch-format.ts';
import {
  appendTimeBit,
  batchHeaderBytes,
  compressionMask,
  controlBit,
  corrupt,
  readBatchHeader,
  transactionalBit,
} from './batch-format.ts';
import type { Checksum } from './crc32c.ts';
import type { Columns, RecordBatch } from './record-batch.ts';
import { emptyColumns } from './record-batch.ts';
import { StreamError } from './stream-error.ts';

/** A transaction's end marker. */
export interface ControlMarker {
  readonly producerId: number;
  readonly type: 'abort' | 'commit' | 'other';
  readonly offset: number;
}

export interface WalkOptions {
  readonly topic: string;
  readonly partition: number;
  /** Records below this offset are left out (a fetch may begin inside a batch). Default 0. */
  readonly from?: number;
  /** Verify checksums. Default true; false where the bytes never left this process. */
  readonly checkCrc?: boolean;
  /** What computes them. Default: this process's tables. */
  readonly checksum?: Checksum;
  /** Called for control batches, in order with `drops`. */
  readonly onControl?: (marker: ControlMarker) => void;
  /** Asked for every transactional batch, in order with `onControl`: true leaves it out (aborted). */
  readonly drops?: (header: BatchHeader) => boolean;
  /** Unpacks the records of a compressed batch. `codec` is the batch's compression number: 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
  readonly decompress?: (codec: number, records: Buffer) => Buffer;
  /** Gives columns for so many records or more. Default: fresh ones. */
  readonly columns?: (count: number) => Columns;
}

export interface WalkResult {
  /** Undefined when no record was left. */
  readonly batch: RecordBatch | undefined;
  /** The offset to read next: after the last whole batch, also when its records were left out. */
  readonly nextOffset: number;
  /** Bytes of whole batches; what follows is the beginning of a batch that was cut off. */
  readonly wholeBytes: number;
}

/** The records of a batch to walk, inside `slab`. */
interface Section {
  readonly header: BatchHeader;
  readonly slab: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Walks `buffer[start, end)`. Stops cleanly at a truncated tail. */
export function walkBatches(buffer: Buffer, options: WalkOptions, start = 0, end: number = buffer.length): WalkResult {
  const { topic, partition, from = 0 } = options;
  try {
    const { columns = emptyColumns } = options;
    const scan = scanHeaders(buffer, start, end, options);
    const result = { nextOffset: Math.max(scan.nextOffset, from), wholeBytes: scan.wholeBytes };
    const batch = scan.count === 0 ? undefined : new RecordWalk(scan.sections, columns(scan.count), from).read(options);
    return batch === undefined
      ? { batch: undefined, ...result }
      : { batch: { topic, partition, ...batch, nextOffset: result.nextOffset }, ...result };
  } catch (error) {
    throw StreamError.from(error, 'BATCH_CORRUPT', { topic, partition });
  }
}

function scanHeaders(
  buffer: Buffer,
  start: number,
  end: number,
  options: WalkOptions,
): { sections: Section[]; count: number; nextOffset: number; wholeBytes: number } {
  const { from = 0, checkCrc = true } = options;
  const sections: Section[] = [];
  let count = 0;
  let nextOffset = 0;
  let at = start;
  while (at < end) {
    const header = readBatchHeader(buffer, at, end, checkCrc, options.checksum);
    if (header === undefined) break;
    if (header.baseOffset < nextOffset) throw corrupt(`offset ${header.baseOffset} comes after ${nextOffset}`, at);
    nextOffset = header.lastOffset + 1;
    const records = at + batchHeaderBytes;
    at += header.bytes;
    if ((header.attributes & controlBit) !== 0) {
      options.onControl?.(markerOf(buffer, header));
    } else if ((header.attributes & transactionalBit) !== 0 && options.drops?.(header) === true) {
      continue;
    } else if (header.lastOffset >= from && header.count > 0) {
      sections.push(sectionOf(buffer, header, records, at, options));
      count += header.count;
    }
  }
  return { sections, count, nextOffset, wholeBytes: at - start };
}

function sectionOf(buffer: Buffer, header: BatchHeader, start: number, end: number, options: WalkOptions): Section {
  const compression = header.attributes & compressionMask;
  if (compression === 0) return { header, slab: buffer, start, end };
  if (options.decompress === undefined) {
    throw new StreamError('UNSUPPORTED', `compressed record batches (type ${compression}) are not readable here`);
  }
  const slab = options.decompress(compression, buffer.subarray(start, end));
  if (header.count * 7 > slab.length) throw corrupt(`${header.count} records do not fit`, header.position);
  return { header, slab, start: 0, end: slab.length };
}

// The marker's key is int16 version, int16 type.
function markerOf(buffer: Buffer, header: BatchHeader): ControlMarker {
  const cursor = new Cursor(buffer, header.position + batchHeaderBytes, header.position + header.bytes);
  cursor.varint();
  cursor.at++;
  cursor.varint();
  cursor.varint();
  const size = cursor.varint();
  if (size < 4 || cursor.at + size > cursor.end) throw corrupt('a control record has no type', header.position);
  const type = buffer.readInt16BE(cursor.at + 2);
  return {
    producerId: header.producerId,
    type: type === 0 ? 'abort' : type === 1 ? 'commit' : 'other',
    offset: header.baseOffset,
  };
}

class RecordWalk {
  readonly #sections: readonly Section[];
  readonly #from: number;
  readonly #columns: Columns;
  #hasHeaders = false;
  #count = 0;

  constructor(sections: readonly Section[], columns: Columns, from: number) {
    this.#sections = sections;
    this.#from = from;
    this.#columns = columns;
  }

  read(options: WalkOptions): Omit<RecordBatch, 'topic' | 'partition' | 'nextOffset'> | undefined {
    const sections = oneSlab(this.#sections);
    for (const section of sections) this.#section(section, options);
    if (this.#count === 0) return undefined;
    return {
      slab: sections[0]!.slab,
      count: this.#count,
      ...this.#columns,
      headerStarts: this.#hasHeaders ? this.#columns.headerStarts : undefined,
    };
  }

  #section({ header, slab, start, end }: Section, { checkCrc }: WalkOptions): void {
    const { offsets, timestamps, keyStarts, keyEnds, valueStarts, valueEnds, headerStarts } = this.#columns;
    const { baseOffset, lastOffset, baseTimestamp, maxTimestamp, count } = header;
    const appendTime = (header.attributes & appendTimeBit) !== 0;
    const from = this.#from;
    const cursor = new Cursor(slab, start, end);
    let i = this.#count;
    let before = -1;
    for (let left = count; left > 0; left--) {
      const size = cursor.varint();
      const recordEnd = cursor.at + size;
      if (size < 6 || recordEnd > end) throw corrupt(`a record of ${size} bytes does not fit`, header.position);
      cursor.at++; // attributes: unused in this version
      const created = baseTimestamp + cursor.varint();
      const timestamp = appendTime ? maxTimestamp : created;
      const delta = cursor.varint();
      const keySize = cursor.varint();
      const keyStart = cursor.at;
      if (keySize > 0) cursor.at += keySize;
      if (keySize < -1 || cursor.at >= recordEnd) throw corrupt('a key does not fit its record', header.position);
      const valueSize = cursor.varint();
      const valueStart = cursor.at;
      if (valueSize > 0) cursor.at += valueSize;
      if (valueSize < -1 || cursor.at >= recordEnd) throw corrupt('a value does not fit its record', header.position);
      const headersStart = cursor.at;
      if (slab[headersStart] === 0) cursor.at++;
      else {
        skipHeaders(cursor, recordEnd);
        this.#hasHeaders = true;
      }
      if (cursor.at !== recordEnd) throw corrupt('a record does not end where it says', header.position);
      if (delta <= before || baseOffset + delta > lastOffset)
        throw corrupt('offsets are not ascending', header.position);
      before = delta;
      if (baseOffset + delta < from) continue;
      offsets[i] = baseOffset + delta;
      timestamps[i] = timestamp === -1 ? NaN : timestamp;
      keyStarts[i] = keySize < 0 ? -1 : keyStart;
      keyEnds[i] = keySize < 0 ? -1 : keyStart + keySize;
      valueStarts[i] = valueSize < 0 ? -1 : valueStart;
      valueEnds[i] = valueSize < 0 ? -1 : valueStart + valueSize;
      headerStarts[i] = headersStart;
      i++;
    }
    if (cursor.at !== end && checkCrc !== false) throw corrupt('a batch has bytes after its records', header.position);
    this.#count = i;
  }
}

// Columns refer to one slab; unpacked sections are copied together (only where something was compressed).
function oneSlab(sections: readonly Section[]): readonly Section[] {
  const first = sections[0]!.slab;
  if (sections.every((section) => section.slab === first)) return sections;
  const slab = Buffer.concat(sections.map((section) => section.slab.subarray(section.start, section.end)));
  let at = 0;
  return sections.map(({ header, start, end }) => {
    const moved = { header, slab, start: at, end: at + end - start };
    at = moved.end;
    return moved;
  });
}

function skipHeaders(cursor: Cursor, recordEnd: number): void {
  const count = cursor.varint();
  if (count < 0 || count > recordEnd - cursor.at) throw corrupt(`${count} record headers do not fit`, cursor.at);
  for (let i = 0; i < count; i++) {
    const keySize = cursor.varint();
    if (keySize < 0) throw corrupt('a record header has no name', cursor.at);
    cursor.at += keySize;
    const valueSize = cursor.varint();
    if (valueSize > 0) cursor.at += valueSize;
    if (cursor.at > recordEnd) throw corrupt('a record header does not fit its record', cursor.at);
  }
}

/** Like ByteReader, but lengths are checked by the walker once per field instead of per byte. */
class Cursor {
  readonly buffer: Buffer;
  at: number;
  readonly end: number;

  constructor(buffer: Buffer, start: number, end: number) {
    this.buffer = buffer;
    this.at = start;
    this.end = end;
  }

  varint(): number {
    const first = this.buffer[this.at]!;
    if (first < 0x80) {
      this.at++;
      return (first >>> 1) ^ -(first & 1);
    }
    return this.#long();
  }

  #long(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8 && this.at < this.end; i++) {
      const byte = this.buffer[this.at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      scale *= 128;
    }
    throw corrupt('a number does not end', this.at);
  }
}
