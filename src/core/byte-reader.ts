import { StreamError } from './stream-error.ts';

/** Reads what ByteWriter writes. Every read is checked against the end and fails with BATCH_CORRUPT. */
export class ByteReader {
  readonly buffer: Buffer;
  position: number;
  readonly end: number;

  constructor(buffer: Uint8Array, start = 0, end: number = buffer.length) {
    this.buffer = Buffer.isBuffer(buffer) ? buffer : Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    this.position = start;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  #advance(count: number): number {
    const at = this.position;
    if (count < 0 || count > this.end - at) {
      throw new StreamError('BATCH_CORRUPT', `${String(count)} bytes wanted at ${String(at)} of ${String(this.end)}`);
    }
    this.position = at + count;
    return at;
  }

  byte(): number {
    return this.buffer[this.#advance(1)]!;
  }

  varuint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new StreamError('BATCH_CORRUPT', `a varint at ${String(this.position)} does not end`);
  }

  varint(): number {
    const value = this.varuint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  int16(): number {
    return this.buffer.readInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.buffer.readInt32BE(this.#advance(4));
  }

  uint32(): number {
    return this.buffer.readUInt32BE(this.#advance(4));
  }

  int64(): number {
    const at = this.#advance(8);
    return this.buffer.readInt32BE(at) * 0x1_0000_0000 + this.buffer.readUInt32BE(at + 4);
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.#advance(8));
  }

  text(size: number): string {
    const at = this.#advance(size);
    return this.buffer.utf8Slice(at, at + size);
  }

  sizedText(): string {
    return this.text(this.varuint());
  }

  /** A view, not a copy. */
  bytes(size: number): Buffer {
    const at = this.#advance(size);
    return this.buffer.subarray(at, at + size);
  }

  sizedBytes(): Buffer {
    return this.bytes(this.varuint());
  }
}
