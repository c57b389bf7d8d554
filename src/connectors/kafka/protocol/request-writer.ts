/**
 * Writes the body of a request in Kafka's primitive types (big endian). "Compact" forms belong to flexible versions:
 * lengths are unsigned varints of length + 1, 0 meaning null, and every structure ends with `tags()`.
 */
import { ByteWriter } from '../../../core/byte-writer.ts';

export class RequestWriter {
  readonly #out: ByteWriter;

  constructor(capacity = 256) {
    this.#out = new ByteWriter(capacity);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#out.length;
  }

  int8(value: number): this {
    this.#out.byte(value & 0xff);
    return this;
  }

  int16(value: number): this {
    this.#out.int16(value);
    return this;
  }

  int32(value: number): this {
    this.#out.int32(value);
    return this;
  }

  /** A safe integer: offsets, timestamps and producer ids are. */
  int64(value: number): this {
    this.#out.int64(value);
    return this;
  }

  boolean(value: boolean): this {
    return this.int8(value ? 1 : 0);
  }

  varuint(value: number): this {
    this.#out.varuint(value);
    return this;
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    this.int16(Buffer.byteLength(value));
    this.#out.text(value);
    return this;
  }

  compactString(value: string | null): this {
    if (value === null) return this.varuint(0);
    this.varuint(Buffer.byteLength(value) + 1);
    this.#out.text(value);
    return this;
  }

  bytes(value: Uint8Array | null): this {
    if (value === null) return this.int32(-1);
    this.int32(value.length);
    this.#out.bytes(value);
    return this;
  }

  compactBytes(value: Uint8Array | null): this {
    if (value === null) return this.varuint(0);
    this.varuint(value.length + 1);
    this.#out.bytes(value);
    return this;
  }

  /** 16 bytes from Kafka's text form of a uuid: base64url without padding. */
  uuid(value: string): this {
    this.#out.bytes(Buffer.from(value, 'base64url'), 0, 16);
    return this;
  }

  array<T>(items: readonly T[] | null, each: (item: T, writer: this) => void): this {
    if (items === null) return this.int32(-1);
    this.int32(items.length);
    for (const item of items) each(item, this);
    return this;
  }

  compactArray<T>(items: readonly T[] | null, each: (item: T, writer: this) => void): this {
    if (items === null) return this.varuint(0);
    this.varuint(items.length + 1);
    for (const item of items) each(item, this);
    return this;
  }

  /** The empty section of tagged fields that ends a structure of a flexible version. */
  tags(): this {
    return this.varuint(0);
  }

  /** The bytes written, not copied: the writer must not be used afterwards. */
  finish(): Buffer {
    return this.#out.buffer.subarray(0, this.#out.length);
  }
}
