import { mostDigits, writeInteger } from './write-integer.ts';

/**
 * A growing byte buffer that codecs, record batches and rows are written into. One writer is reused for many values;
 * nothing here allocates per value.
 */
export class ByteWriter {
  buffer: Buffer;
  length = 0;

  constructor(capacity = 1024) {
    this.buffer = Buffer.allocUnsafeSlow(capacity);
  }

  /** Makes room for `count` more bytes. Call before writing through `buffer` directly. */
  ensure(count: number): void {
    const needed = this.length + count;
    if (needed <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(grown, 0, 0, this.length);
    this.buffer = grown;
  }

  byte(value: number): void {
    this.ensure(1);
    this.buffer[this.length++] = value;
  }

  bytes(source: Uint8Array, start = 0, end: number = source.length): void {
    const count = end - start;
    this.ensure(count);
    if (count < 24) {
      const { buffer } = this;
      let to = this.length;
      for (let i = start; i < end; i++) buffer[to++] = source[i]!;
    } else {
      this.buffer.set(source.subarray(start, end), this.length);
    }
    this.length += count;
  }

  /** Unsigned LEB128 of a non-negative integer below 2^53. */
  varuint(value: number): void {
    this.ensure(8);
    const { buffer } = this;
    let rest = value;
    while (rest > 0x7f) {
      buffer[this.length++] = rest > 0x7fffffff ? (rest % 128) | 0x80 : (rest & 0x7f) | 0x80;
      rest = rest > 0x7fffffff ? Math.floor(rest / 128) : rest >>> 7;
    }
    buffer[this.length++] = rest;
  }

  /** Zigzag LEB128 of an integer of at most 52 bits (Kafka's varint and varlong). */
  varint(value: number): void {
    this.varuint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  int16(value: number): void {
    this.ensure(2);
    this.length = this.buffer.writeInt16BE(value, this.length);
  }

  int32(value: number): void {
    this.ensure(4);
    this.length = this.buffer.writeInt32BE(value, this.length);
  }

  uint32(value: number): void {
    this.ensure(4);
    this.length = this.buffer.writeUInt32BE(value, this.length);
  }

  /** A big-endian 64-bit integer from a safe integer. */
  int64(value: number): void {
    this.ensure(8);
    const high = Math.floor(value / 0x1_0000_0000);
    this.buffer.writeInt32BE(high, this.length);
    this.length = this.buffer.writeUInt32BE(value - high * 0x1_0000_0000, this.length + 4);
  }

  float64(value: number): void {
    this.ensure(8);
    this.length = this.buffer.writeDoubleBE(value, this.length);
  }

  /** UTF-8 text without a length. Short ASCII is copied by hand, which is faster than a native call. */
  text(value: string): void {
    const count = value.length;
    this.ensure(count * 3);
    const { buffer } = this;
    let to = this.length;
    if (count < 32) {
      let i = 0;
      for (; i < count; i++) {
        const unit = value.charCodeAt(i);
        if (unit > 0x7f) break;
        buffer[to++] = unit;
      }
      if (i === count) {
        this.length = to;
        return;
      }
    }
    this.length += buffer.write(value, this.length, 'utf8');
  }

  /** Digits of a safe integer. */
  integer(value: number): void {
    this.ensure(mostDigits);
    this.length = writeInteger(this.buffer, this.length, value);
  }

  /** UTF-8 text with its byte length (varuint) in front. */
  sizedText(value: string): void {
    const size = Buffer.byteLength(value);
    this.varuint(size);
    this.text(value);
  }

  /** Bytes with their length (varuint) in front. */
  sizedBytes(value: Uint8Array): void {
    this.varuint(value.length);
    this.bytes(value);
  }

  /** A copy of what was written. */
  take(): Buffer {
    const copy = Buffer.allocUnsafeSlow(this.length);
    this.buffer.copy(copy, 0, 0, this.length);
    return copy;
  }

  clear(): void {
    this.length = 0;
  }
}
