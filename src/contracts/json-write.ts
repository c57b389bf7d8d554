/** Appends single checked values as JSON: what the generated code of json-encoder.ts is made of. */
import type { ByteWriter } from '../core/byte-writer.ts';
import { StreamError } from '../core/stream-error.ts';

/** Thrown for a wrong value; the encoder then looks for its path. One object, because stacks are slow. */
const wrong = new StreamError('ENCODE_FAILED', 'the value does not match the contract');

export function wrongValue(): never {
  throw wrong;
}

/** From this length on native search and copy are faster than one loop over the units. */
const longText = 96;
// What JSON.stringify escapes: quote, backslash, control characters and lone surrogates.
const needsEscape = /["\\\p{Cc}\p{Cs}]/u;

export function writeBoolean(out: ByteWriter, value: unknown): void {
  if (typeof value !== 'boolean') wrongValue();
  out.text(value ? 'true' : 'false');
}

export function writeInt(out: ByteWriter, value: unknown): void {
  if (typeof value !== 'number' || (value | 0) !== value) wrongValue();
  writeDigits(out, value);
}

export function writeLong(out: ByteWriter, value: unknown): void {
  if (!Number.isSafeInteger(value)) wrongValue();
  writeDigits(out, value as number);
}

export function writeDouble(out: ByteWriter, value: unknown): void {
  if (!Number.isFinite(value)) wrongValue();
  const number = value as number;
  if ((number | 0) === number) writeDigits(out, number);
  else out.text(String(number));
}

function writeDigits(out: ByteWriter, value: number): void {
  out.ensure(17);
  const { buffer } = out;
  let rest = value;
  if (rest < 0) {
    buffer[out.length++] = 45;
    rest = -rest;
  }
  if (rest < 1e9) {
    writeSmall(out, rest);
    return;
  }
  const high = Math.floor(rest / 1e9);
  writeSmall(out, high);
  let low = rest - high * 1e9;
  for (let at = out.length + 8; at >= out.length; at--) {
    const next = (low / 10) | 0;
    buffer[at] = 48 + low - next * 10;
    low = next;
  }
  out.length += 9;
}

/** Digits of an integer from 0 to 999,999,999. */
function writeSmall(out: ByteWriter, value: number): void {
  let rest = value | 0;
  let size = 1;
  for (let limit = 10; size < 9 && rest >= limit; limit *= 10) size++;
  const { buffer, length } = out;
  for (let at = length + size - 1; at >= length; at--) {
    const next = (rest / 10) | 0;
    buffer[at] = 48 + rest - next * 10;
    rest = next;
  }
  out.length = length + size;
}

export function writeString(out: ByteWriter, value: unknown): void {
  if (typeof value !== 'string') wrongValue();
  const size = value.length;
  if (size >= longText) {
    writeLongString(out, value);
    return;
  }
  out.ensure(size + 2);
  const { buffer } = out;
  let at = out.length;
  buffer[at++] = 34;
  for (let i = 0; i < size; i++) {
    const unit = value.charCodeAt(i);
    if (unit < 32 || unit > 126 || unit === 34 || unit === 92) {
      writeLongString(out, value);
      return;
    }
    buffer[at++] = unit;
  }
  buffer[at++] = 34;
  out.length = at;
}

function writeLongString(out: ByteWriter, value: string): void {
  if (needsEscape.test(value)) {
    out.text(JSON.stringify(value));
    return;
  }
  out.byte(34);
  out.text(value);
  out.byte(34);
}
