/**
 * Reads the body of a response in Kafka's primitive types; the counterpart of RequestWriter. Every read is checked
 * against the end, and every count against the bytes that are left, so damage is an error (PROTOCOL_ERROR), never a
 * hang or a huge allocation. Fields of newer versions at the end of a response are simply not read.
 */
import { StreamError } from '../../../core/stream-error.ts';

export class ResponseReader {
  readonly buffer: Buffer;
  #at: number;
  readonly #end: number;

  constructor(buffer: Buffer, start = 0, end: number = buffer.length) {
    this.buffer = buffer;
    this.#at = start;
    this.#end = end;
  }

  get position(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.#end - this.#at;
  }

  int8(): number {
    return this.buffer.readInt8(this.#advance(1));
  }

  int16(): number {
    return this.buffer.readInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.buffer.readInt32BE(this.#advance(4));
  }

  /** Exact up to 2^53; what lies beyond (no offset or producer id does) is rounded. */
  int64(): number {
    const at = this.#advance(8);
    return this.buffer.readInt32BE(at) * 0x1_0000_0000 + this.buffer.readUInt32BE(at + 4);
  }

  boolean(): boolean {
    return this.int8() !== 0;
  }

  varuint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 5; i++) {
      const byte = this.buffer[this.#advance(1)]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw this.#damaged('a varint does not end');
  }

  string(): string {
    return this.#present(this.nullableString());
  }

  nullableString(): string | null {
    return this.#text(this.int16());
  }

  compactString(): string {
    return this.#present(this.compactNullableString());
  }

  compactNullableString(): string | null {
    return this.#text(this.varuint() - 1);
  }

  /** A view into the response, not a copy. */
  bytes(): Buffer {
    return this.#present(this.nullableBytes());
  }

  nullableBytes(): Buffer | null {
    return this.#view(this.int32());
  }

  compactBytes(): Buffer {
    return this.#present(this.compactNullableBytes());
  }

  compactNullableBytes(): Buffer | null {
    return this.#view(this.varuint() - 1);
  }

  /** Kafka's text form of a uuid: base64url without padding. */
  uuid(): string {
    const at = this.#advance(16);
    return this.buffer.toString('base64url', at, at + 16);
  }

  /** A null array reads as an empty one. */
  array<T>(each: (reader: this) => T): T[] {
    return this.#items(this.int32(), each);
  }

  compactArray<T>(each: (reader: this) => T): T[] {
    return this.#items(this.varuint() - 1, each);
  }

  /** Skips the tagged fields that end a structure of a flexible version. */
  tags(): void {
    for (let left = this.varuint(); left > 0; left--) {
      this.varuint();
      this.skip(this.varuint());
    }
  }

  skip(count: number): void {
    this.#advance(count);
  }

  #advance(count: number): number {
    const at = this.#at;
    if (count < 0 || count > this.#end - at) throw this.#damaged(`${count} bytes wanted`);
    this.#at = at + count;
    return at;
  }

  #present<T>(value: T | null): T {
    if (value === null) throw this.#damaged('a field is null');
    return value;
  }

  #text(size: number): string | null {
    if (size === -1) return null;
    const at = this.#advance(size);
    return this.buffer.utf8Slice(at, at + size);
  }

  #view(size: number): Buffer | null {
    if (size === -1) return null;
    const at = this.#advance(size);
    return this.buffer.subarray(at, at + size);
  }

  #items<T>(count: number, each: (reader: this) => T): T[] {
    const items: T[] = [];
    if (count === -1) return items;
    // An item takes at least a byte.
    if (count < -1 || count > this.remaining) throw this.#damaged(`${count} items wanted`);
    for (let i = 0; i < count; i++) items.push(each(this));
    return items;
  }

  #damaged(what: string): StreamError {
    return new StreamError('PROTOCOL_ERROR', `${what} at byte ${this.#at} of a response of ${this.#end}`, {
      reaction: 'rollback',
      remedy: 'Check that the address is a Kafka broker of a supported version.',
    });
  }
}
