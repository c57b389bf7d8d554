/** Writes single values as JSON: what the generated code of json-encoder-source.ts is made of. */
import type { ByteWriter } from '../core/byte-writer.ts';
import { StreamError } from '../core/stream-error.ts';
import { writeDigits } from '../core/write-integer.ts';

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

/**
 * A finite number at `position`, where there is room; returns the position after it.
 *
 * Most doubles that people write down have few decimals: those with up to six, and 15 digits in all, are written as two
 * integers. No other text of so few digits stands for the same double, so it is the shortest one, which String() finds too.
 */
export function writeDouble(buffer: Buffer, position: number, value: unknown): number {
  if (!Number.isFinite(value)) wrongValue();
  let p = position;
  let rest = value as number;
  if (rest < 0) {
    buffer[p++] = 45;
    rest = -rest;
  }
  const millionths = Math.floor(rest * 1e6 + 0.5);
  if (millionths > 0 && millionths < 1e15 && millionths / 1e6 === rest) return writeDecimals(buffer, p, millionths);
  const text = String(rest);
  for (let i = 0; i < text.length; i++) buffer[p++] = text.charCodeAt(i);
  return p;
}

function writeDecimals(buffer: Buffer, position: number, millionths: number): number {
  const whole = Math.floor(millionths / 1e6);
  const point = writeDigits(buffer, position, whole, 1);
  buffer[point] = 46;
  let last = point + 6;
  let rest = (millionths - whole * 1e6) | 0;
  for (let at = last; at > point; at--) {
    const next = (rest / 10) | 0;
    const digit = rest - next * 10;
    if (digit === 0 && at === last) last--;
    else buffer[at] = 48 + digit;
    rest = next;
  }
  return last === point ? point : last + 1;
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
