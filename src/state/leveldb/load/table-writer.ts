/**
 * Writes a table of LevelDB (`.ldb`) from sorted rows; damage-in-table.ts draws its layout. A key in a table is followed by
 * 8 bytes: sequence * 256 + type (1: value, 0: deletion), little endian. Blocks are not compressed: LevelDB does that when
 * it merges tables, beside the work.
 */
import { writeSync } from 'node:fs';
import { ByteWriter } from '../../../core/byte-writer.ts';
import type { Checksum } from '../../../core/crc32c.ts';
import { mask } from '../masked-checksum.ts';
import { BloomFilterBlock, FILTER_NAME } from './bloom-filter.ts';
import { PLACES, type PlacedRows } from './row-places.ts';

/** What the manifest says of a table. */
export interface TableFile {
  readonly bytes: number;
  /** First and last key, with their 8 bytes. */
  readonly smallest: Uint8Array;
  readonly largest: Uint8Array;
}

const blockBytes = 16 * 1024;
/** Keys share beginnings with the one before, except for each so manieth, where a search can begin. */
const restartEvery = 16;
const flushBytes = 1024 * 1024;
const trailerBytes = 5;
const footerBytes = 48;
const magic = Buffer.from([0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb]);
const suffixBytes = 8;

export class TableWriter {
  readonly #file: number;
  readonly #rows: PlacedRows;
  readonly #source: DataView;
  readonly #suffixLow: number;
  readonly #suffixHigh: number;
  readonly #checksum: Checksum;
  readonly #filter = new BloomFilterBlock();
  /** Index entries: last key of a block, and where the block is. */
  readonly #index = new BlockBuilder();
  #out = Buffer.allocUnsafeSlow(flushBytes + 4 * blockBytes);
  #target = new DataView(this.#out.buffer);
  /** End of what is in `#out`, and where the block under way begins there. */
  #at = 0;
  #blockAt = 0;
  /** Bytes in the file. */
  #written = 0;
  #restarts: number[] = [];
  #untilRestart = 0;
  #first = -1;
  #last = -1;

  constructor(file: number, rows: PlacedRows, sequence: number, checksum: Checksum) {
    this.#file = file;
    this.#rows = rows;
    const { buffer, byteOffset, length } = rows.bytes;
    this.#source = new DataView(buffer, byteOffset, length);
    this.#suffixLow = sequence << 8;
    this.#suffixHigh = sequence >>> 24;
    this.#checksum = checksum;
  }

  /** Rows come in ascending order of their keys, none twice. */
  put(row: number): void {
    const { bytes, places } = this.#rows;
    const place = PLACES * row;
    const key = places[place]!;
    const keyEnd = places[place + 1]!;
    const value = places[place + 2]!;
    const valueBytes = value < 0 ? 0 : places[place + 3]! - value;
    this.#ensure(keyEnd - key + valueBytes + 32);
    const out = this.#out;
    let at = this.#at;
    let shared = 0;
    if (this.#untilRestart === 0) {
      this.#restarts.push(at - this.#blockAt);
      this.#untilRestart = restartEvery;
    } else {
      const before = places[PLACES * this.#last]!;
      const limit = Math.min(keyEnd - key, places[PLACES * this.#last + 1]! - before);
      while (shared < limit && bytes[key + shared] === bytes[before + shared]) shared++;
    }
    this.#untilRestart--;
    at = varint(out, at, shared);
    at = varint(out, at, keyEnd - key - shared + suffixBytes);
    at = varint(out, at, valueBytes);
    for (let from = key + shared; from < keyEnd; from++) out[at++] = bytes[from]!;
    const source = this.#source;
    const target = this.#target;
    target.setInt32(at, this.#suffixLow | (value < 0 ? 0 : 1), true);
    target.setInt32(at + 4, this.#suffixHigh, true);
    at += suffixBytes;
    for (let i = 0; i < valueBytes; i += 4) target.setInt32(at + i, source.getInt32(value + i, true), true);
    this.#at = at + valueBytes;
    this.#filter.add(bytes, key, keyEnd);
    if (this.#first < 0) this.#first = row;
    this.#last = row;
    if (this.#at - this.#blockAt >= blockBytes) this.#endBlock();
  }

  /** Writes what is left. At least one row was put. */
  finish(): TableFile {
    if (this.#restarts.length > 0) this.#endBlock();
    this.#flush();
    const filter = this.#append(this.#filter.finish());
    const meta = new BlockBuilder();
    meta.add(Buffer.from(FILTER_NAME), filter);
    const metaIndex = this.#append(meta.finish());
    const index = this.#append(this.#index.finish());
    const footer = Buffer.alloc(footerBytes);
    writeHandle(footer, writeHandle(footer, 0, metaIndex), index);
    magic.copy(footer, footerBytes - magic.length);
    writeAll(this.#file, footer);
    const [smallest, largest] = [this.#keyOf(this.#first), this.#keyOf(this.#last)];
    return { bytes: this.#written + footerBytes, smallest, largest };
  }

  #endBlock(): void {
    this.#ensure(4 * this.#restarts.length + 4 + trailerBytes);
    this.#at = writeRestarts(this.#out, this.#at, this.#restarts);
    const size = this.#at - this.#blockAt;
    this.#at = writeTrailer(this.#out, this.#blockAt, this.#at, this.#checksum);
    this.#index.add(this.#keyOf(this.#last), { offset: this.#written + this.#blockAt, size });
    this.#filter.endBlock(this.#written + this.#at);
    this.#blockAt = this.#at;
    this.#restarts = [];
    this.#untilRestart = 0;
    if (this.#at >= flushBytes) this.#flush();
  }

  #flush(): void {
    writeAll(this.#file, this.#out.subarray(0, this.#at));
    this.#written += this.#at;
    this.#at = 0;
    this.#blockAt = 0;
  }

  /** Writes a whole block that is not of data. */
  #append(content: Buffer): Handle {
    const block = Buffer.allocUnsafe(content.length + trailerBytes);
    content.copy(block);
    writeTrailer(block, 0, content.length, this.#checksum);
    writeAll(this.#file, block);
    const handle = { offset: this.#written, size: content.length };
    this.#written += block.length;
    return handle;
  }

  #ensure(bytes: number): void {
    if (this.#at + bytes <= this.#out.length) return;
    const grown = Buffer.allocUnsafeSlow(2 * this.#out.length + bytes);
    this.#out.copy(grown, 0, 0, this.#at);
    this.#out = grown;
    this.#target = new DataView(grown.buffer);
  }

  #keyOf(row: number): Buffer {
    const { bytes, places } = this.#rows;
    const [start, end, value] = places.subarray(PLACES * row, PLACES * (row + 1)) as unknown as [
      number,
      number,
      number,
    ];
    const key = Buffer.alloc(end - start + suffixBytes);
    bytes.copy(key, 0, start, end);
    key.writeInt32LE(this.#suffixLow | (value < 0 ? 0 : 1), end - start);
    key.writeInt32LE(this.#suffixHigh, end - start + 4);
    return key;
  }
}

/** Where a block is, without its trailer. */
interface Handle {
  readonly offset: number;
  readonly size: number;
}

/** A block of keys and handles. */
class BlockBuilder {
  readonly #out = new ByteWriter(64 * 1024);
  readonly #restarts: number[] = [];

  add(key: Buffer, handle: Handle): void {
    const out = this.#out;
    this.#restarts.push(out.length);
    const value = Buffer.alloc(20);
    const size = writeHandle(value, 0, handle);
    out.varuint(0);
    out.varuint(key.length);
    out.varuint(size);
    out.bytes(key);
    out.bytes(value, 0, size);
  }

  finish(): Buffer {
    const out = this.#out;
    out.ensure(4 * this.#restarts.length + 4);
    out.length = writeRestarts(out.buffer, out.length, this.#restarts);
    return out.buffer.subarray(0, out.length);
  }
}

function writeRestarts(out: Buffer, start: number, restarts: readonly number[]): number {
  let at = start;
  for (const restart of restarts) at = out.writeUInt32LE(restart, at);
  return out.writeUInt32LE(restarts.length, at);
}

function writeTrailer(out: Buffer, start: number, end: number, checksum: Checksum): number {
  out[end] = 0; // not compressed
  return out.writeUInt32LE(mask(checksum(out, start, end + 1)), end + 1);
}

function writeHandle(out: Buffer, start: number, { offset, size }: Handle): number {
  return varint(out, varint(out, start, offset), size);
}

function varint(out: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest > 0x7f) {
    out[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out[at++] = rest;
  return at;
}

function writeAll(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}
