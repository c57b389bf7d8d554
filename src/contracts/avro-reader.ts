/** Reads single values of Avro: what the generated code of avro-decoder-source.ts is made of. */
import { StreamError } from '../core/stream-error.ts';
import { shortText, shortTextLimit } from './short-text.ts';

/** Thrown for bytes that the generated code does not take. One object, because stacks are slow. */
const refusal = new Error('refused');

/** Items without a byte, like records without fields, are believed up to here. */
const mostEmptyItems = 2 ** 20;

/**
 * Lengths and counts that there are no bytes for are refused for good: avsc believes them, and runs out of memory. Other
 * values that the generated code does not take are left to avsc.
 */
export class AvroReader {
  /** Where the value that was read last ended. */
  at = 0;
  /** Where the bytes end. */
  end = 0;
  /** The values read so far may not be what the schema says. */
  doubtful = false;

  start(end: number): void {
    this.end = end;
    this.doubtful = false;
  }

  refuse(): never {
    throw refusal;
  }

  broken(): never {
    throw new StreamError('DECODE_FAILED', 'the Avro bytes end too early');
  }

  /** Zigzag varint at `start`. Refuses what is not a safe integer. */
  long(b: Buffer, start: number): number {
    let p = start;
    let byte = b[p++]!;
    let low = byte & 0x7f;
    for (let shift = 7; byte > 0x7f && shift < 28; shift += 7) {
      byte = b[p++]!;
      low |= (byte & 0x7f) << shift;
    }
    this.at = p;
    if (byte <= 0x7f) return (low >>> 1) ^ -(low & 1);
    const value = this.#highBits(b, p) * 2 ** 27 + (low >>> 1);
    if (!(value < Number.MAX_SAFE_INTEGER)) this.refuse();
    return (low & 1) === 0 ? value : -value - 1;
  }

  /** What stands behind the lowest 28 bits of a long; NaN when that is more than 35 bits. */
  #highBits(b: Buffer, start: number): number {
    let p = start;
    let high = 0;
    for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
      const byte = b[p++]!;
      high += (byte & 0x7f) * scale;
      this.at = p;
      if (byte <= 0x7f) return high;
    }
    return NaN;
  }

  int(b: Buffer, start: number): number {
    const value = this.long(b, start);
    if ((value | 0) !== value) this.doubtful = true;
    return value;
  }

  boolean(b: Buffer, start: number): boolean {
    this.at = start + 1;
    return b[start] !== 0;
  }

  float(b: Buffer, start: number): number {
    this.#step(start, 4);
    return this.#finite(b.readFloatLE(start));
  }

  double(b: Buffer, start: number): number {
    this.#step(start, 8);
    return this.#finite(b.readDoubleLE(start));
  }

  /** Text with its length in bytes in front. */
  text(b: Buffer, start: number): string {
    const size = this.#size(b, start);
    const first = this.at;
    if (size < 0) this.broken();
    this.#step(first, size);
    const last = this.at;
    if (size > shortTextLimit) return b.utf8Slice(first, last);
    for (let p = first; p < last; p++) if (b[p]! > 0x7f) return b.utf8Slice(first, last);
    return shortText(b, first, size);
  }

  /** The number of items, of `itemBytes` at least, in the next block of an array or map. */
  count(b: Buffer, start: number, itemBytes: number): number {
    let count = this.#size(b, start);
    if (count < 0) {
      count = -count;
      this.#size(b, this.at); // of the block in bytes
    }
    if (itemBytes === 0 ? count > mostEmptyItems : count * itemBytes > this.end - this.at) this.broken();
    return count;
  }

  #size(b: Buffer, start: number): number {
    try {
      return this.long(b, start);
    } catch {
      return this.broken();
    }
  }

  #step(start: number, size: number): void {
    this.at = start + size;
    if (this.at > this.end) this.broken();
  }

  #finite(value: number): number {
    if (!Number.isFinite(value)) this.doubtful = true;
    return value;
  }
}
