/**
 * The filter blocks of a LevelDB table: with them a read finds that a table lacks a key without reading its blocks.
 *
 *   filters (one per 2 KiB of table, many of them empty) | their offsets | offset of the first offset | 11 (log of 2 KiB)
 *   filter    bits | number of probes
 *
 * Source: LevelDB, doc/table_format.md ("filter" meta block), util/bloom.cc, util/hash.cc. 10 bits a key, as the binding has.
 */
import { ByteWriter } from '../../../core/byte-writer.ts';

/** Name of the policy, by which a table is known to have such filters. */
export const FILTER_NAME = 'filter.leveldb.BuiltinBloomFilter2';

const rangeLog = 11;
const bitsPerKey = 10;
const probes = 6;

export class BloomFilterBlock {
  readonly #out = new ByteWriter(64 * 1024);
  readonly #offsets: number[] = [];
  #hashes = new Uint32Array(1024);
  #count = 0;

  /** A key of the data block under way. */
  add(bytes: Buffer, start: number, end: number): void {
    if (this.#count === this.#hashes.length) {
      const grown = new Uint32Array(2 * this.#count);
      grown.set(this.#hashes);
      this.#hashes = grown;
    }
    this.#hashes[this.#count++] = hashOf(bytes, start, end);
  }

  /** The data block under way has ended, the next one begins at `offset`. */
  endBlock(offset: number): void {
    while (this.#offsets.length < offset >>> rangeLog) this.#endFilter();
  }

  finish(): Buffer {
    if (this.#count > 0) this.#endFilter();
    const out = this.#out;
    const size = out.length;
    out.ensure(4 * this.#offsets.length + 5);
    for (const offset of [...this.#offsets, size]) out.length = out.buffer.writeUInt32LE(offset, out.length);
    out.byte(rangeLog);
    return out.buffer.subarray(0, out.length);
  }

  #endFilter(): void {
    const out = this.#out;
    this.#offsets.push(out.length);
    const count = this.#count;
    if (count === 0) return;
    const bytes = (Math.max(64, count * bitsPerKey) + 7) >>> 3;
    const bits = bytes * 8;
    out.ensure(bytes + 1);
    const { buffer, length } = out;
    buffer.fill(0, length, length + bytes);
    for (let i = 0; i < count; i++) {
      let hash = this.#hashes[i]!;
      const step = ((hash >>> 17) | (hash << 15)) >>> 0;
      for (let probe = 0; probe < probes; probe++) {
        const bit = hash % bits;
        buffer[length + (bit >>> 3)]! |= 1 << (bit & 7);
        hash = (hash + step) >>> 0;
      }
    }
    buffer[length + bytes] = probes;
    out.length += bytes + 1;
    this.#count = 0;
  }
}

const seed = 0xbc9f1d34;
const factor = 0xc6a4a793;

function hashOf(bytes: Buffer, start: number, end: number): number {
  let hash = seed ^ Math.imul(end - start, factor);
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    hash = Math.imul(hash + word, factor);
    hash ^= hash >>> 16;
  }
  if (at < end) {
    let word = 0;
    for (let i = end - 1; i >= at; i--) word = (word << 8) | bytes[i]!;
    hash = Math.imul(hash + word, factor);
    hash ^= hash >>> 24;
  }
  return hash >>> 0;
}
