/** Writes single values as Avro: what the generated code of avro-encoder-source.ts is made of. */
import type { ByteWriter } from '../core/byte-writer.ts';
import { wrongValue } from './json-write.ts';

/** Twice a number above this one is not exact any more, and zigzag doubles. */
export const mostExact = 2 ** 52 - 1;

/** From this length on native search and copy are faster than one loop over the units. */
const longText = 96;

/** Zigzag varint of an integer of at most `mostExact`, at `position`, where there is room; returns the position after it. */
export function writeLong(buffer: Buffer, position: number, value: number): number {
  let p = position;
  let rest = value >= 0 ? value * 2 : value * -2 - 1;
  while (rest > 0x7fff_ffff) {
    buffer[p++] = (rest & 0x7f) | 0x80; // `&` takes the lowest 32 bits of any exact integer
    rest = Math.floor(rest / 128);
  }
  let low = rest | 0;
  while (low > 0x7f) {
    buffer[p++] = (low & 0x7f) | 0x80;
    low >>>= 7;
  }
  buffer[p++] = low;
  return p;
}

/** Text as UTF-8 with its length in bytes in front. */
export function writeText(out: ByteWriter, value: unknown): void {
  if (typeof value !== 'string') wrongValue();
  const size = value.length;
  if (size >= longText) {
    writeUnusualText(out, value);
    return;
  }
  out.ensure(size + 2);
  const { buffer } = out;
  let at = out.length;
  if (size < 64) {
    buffer[at++] = size * 2;
  } else {
    buffer[at++] = ((size * 2) & 0x7f) | 0x80;
    buffer[at++] = size >>> 6;
  }
  for (let i = 0; i < size; i++) {
    const unit = value.charCodeAt(i);
    if (unit > 0x7f) {
      writeUnusualText(out, value);
      return;
    }
    buffer[at++] = unit;
  }
  out.length = at;
}

function writeUnusualText(out: ByteWriter, value: string): void {
  out.varint(Buffer.byteLength(value));
  out.text(value);
}
