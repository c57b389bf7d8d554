/**
 * A codec turns values into bytes and back. Topics, exchanges, state rows and in-flight calls all name one explicitly;
 * there is no implicit serialiser. A contract (contracts/) is a codec with a schema.
 */
import type { ByteWriter } from './byte-writer.ts';
import { StreamError, messageOf } from './stream-error.ts';

export interface Codec<T> {
  /** Stable name, stored beside the state that was written with it. */
  readonly name: string;
  /** Version this build writes. Older ones are read (and rewritten on the next update); newer ones are refused. */
  readonly version: number;
  /** Appends the bytes of `value`. Throws ENCODE_FAILED with the path of the wrong field. */
  encode(value: T, out: ByteWriter): void;
  /**
   * Reads a value from `bytes[start, end)`, written as `version` (default: the current one). The bytes are overwritten
   * later, so a value copies what it keeps of them. Throws DECODE_FAILED.
   */
  decode(bytes: Buffer, start: number, end: number, version?: number): T;
  /**
   * Fetches what `decode` needs for these bytes and does not have, like the schema they were written with. Undefined:
   * nothing. Sources call it for all records of a batch before they decode the first.
   */
  prepare?(bytes: Buffer, start: number, end: number): Promise<void> | undefined;
}

/** The value type of a codec. */
export type Decoded<C> = C extends Codec<infer T> ? T : never;

/** Text as UTF-8. */
export const string: Codec<string> = {
  name: 'string',
  version: 1,
  encode(value, out) {
    if (typeof value !== 'string') throw new StreamError('ENCODE_FAILED', `expected text, got ${typeof value}`);
    out.text(value);
  },
  decode: (bytes, start, end) => bytes.utf8Slice(start, end),
};

/** A number as an IEEE double, big endian. */
export const number: Codec<number> = {
  name: 'number',
  version: 1,
  encode(value, out) {
    if (typeof value !== 'number') throw new StreamError('ENCODE_FAILED', `expected a number, got ${typeof value}`);
    out.float64(value);
  },
  decode(bytes, start, end) {
    if (end - start !== 8) throw new StreamError('DECODE_FAILED', `a number has 8 bytes, not ${String(end - start)}`);
    return bytes.readDoubleBE(start);
  },
};

export const boolean: Codec<boolean> = {
  name: 'boolean',
  version: 1,
  encode(value, out) {
    out.byte(value ? 1 : 0);
  },
  decode(bytes, start, end) {
    if (end - start !== 1) throw new StreamError('DECODE_FAILED', `a boolean has 1 byte, not ${String(end - start)}`);
    return bytes[start] === 1;
  },
};

/** Raw bytes, copied on decode. */
export const bytes: Codec<Uint8Array> = {
  name: 'bytes',
  version: 1,
  encode(value, out) {
    out.bytes(value);
  },
  decode: (source, start, end) => new Uint8Array(source.subarray(start, end)), // quicker than slice, which makes a Buffer
};

export interface JsonOptions<T> {
  readonly version?: number;
  /** Turns a parsed value of an older version into the current one. */
  readonly upgrade?: (value: unknown, version: number) => T;
}

/**
 * Any JSON value by `JSON.parse`, unchecked: for tests, prototypes and state. Contracts are the checked form: they refuse
 * NaN and Infinity, which `JSON.stringify` writes as null. (Looking for a null in the text first would make the check
 * cheap, but still 10 to 40 % of the time that writing takes.)
 */
export function json<T>(name = 'json', options: JsonOptions<T> = {}): Codec<T> {
  const { version = 1, upgrade } = options;
  return {
    name,
    version,
    encode(value, out) {
      let text: unknown;
      try {
        text = JSON.stringify(value);
      } catch (cause) {
        throw new StreamError('ENCODE_FAILED', messageOf(cause), { cause }); // circular, or a BigInt
      }
      if (typeof text !== 'string') throw new StreamError('ENCODE_FAILED', `${typeof value} has no JSON form`);
      out.text(text);
    },
    decode(source, start, end, written = version) {
      let value: unknown;
      try {
        value = JSON.parse(source.utf8Slice(start, end));
      } catch (cause) {
        throw new StreamError('DECODE_FAILED', messageOf(cause), { cause });
      }
      return written === version || upgrade === undefined ? (value as T) : upgrade(value, written);
    },
  };
}
