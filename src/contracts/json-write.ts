/** Writes single values as JSON: what the generated code of json-encoder-source.ts is made of. */
import type { ByteWriter } from '../core/byte-writer.ts';
import { StreamError } from '../core/stream-error.ts';

/** Thrown for a wrong value; the encoder then looks for its path. One object, because stacks are slow. */
const wrong = new StreamError('ENCODE_FAILED', 'the value does not match the contract');

export function wrongValue(): never {
  throw wrong;
}

/** From this length on native search and copy are faster than one loop over the units. */
const longText = 96;
// What JSON.stringify escapes (and some more control characters, which it then leaves alone): quote, backslash,
// control characters and lone surrogates.
const needsEscape = /["\\\p{Cc}\p{Cs}]/u;

/** Digits of a safe integer at `position`, where there is room; returns the position after them. */
export function writeInteger(buffer: Buffer, position: number, value: number): number {
  let p = position;
  let rest = value;
  if (rest < 0) {
    buffer[p++] = 45;
    rest = -rest;
  }
  if (rest < 1e9) return writeDigits(buffer, p, rest | 0, 1);
  const high = Math.floor(rest / 1e9);
  const low = rest - high * 1e9;
  return writeDigits(buffer, writeDigits(buffer, p, high, 1), low | 0, 9);
}

/** Digits of an integer below 10^9, at least `size` of them. */
function writeDigits(buffer: Buffer, position: number, value: number, size: number): number {
  let digits = size;
  for (let limit = 10; digits < 9 && value >= limit; limit *= 10) digits++;
  let rest = value;
  for (let at = position + digits - 1; at >= position; at--) {
    const next = (rest / 10) | 0;
    buffer[at] = 48 + rest - next * 10;
    rest = next;
  }
  return position + digits;
}

/** A finite number at `position`, where there is room; returns the position after it. */
export function writeDouble(buffer: Buffer, position: number, value: unknown): number {
  if (!Number.isFinite(value)) wrongValue();
  const text = String(value);
  let p = position;
  for (let i = 0; i < text.length; i++) buffer[p++] = text.charCodeAt(i);
  return p;
}

export function writeString(out: ByteWriter, value: unknown): void {
  if (typeof value !== 'string') wrongValue();
  const size = value.length;
  if (size >= longText) {
    writeUnusualString(out, value);
    return;
  }
  out.ensure(size + 2);
  const { buffer } = out;
  let at = out.length;
  buffer[at++] = 34;
  for (let i = 0; i < size; i++) {
    const unit = value.charCodeAt(i);
    if (unit < 32 || unit > 126 || unit === 34 || unit === 92) {
      writeUnusualString(out, value);
      return;
    }
    buffer[at++] = unit;
  }
  buffer[at++] = 34;
  out.length = at;
}

function writeUnusualString(out: ByteWriter, value: string): void {
  if (needsEscape.test(value)) {
    out.text(JSON.stringify(value));
    return;
  }
  out.byte(34);
  out.text(value);
  out.byte(34);
}
