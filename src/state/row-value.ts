/**
 * Row values begin with a header: varuint (codec version x 2 + 1 if the row expires), then, if it does, varint expiry (ms).
 * A row without expiry in a state with TTL was written before TTL was switched on, or before the first watermark.
 */
import type { ByteReader } from '../core/byte-reader.ts';
import type { ByteWriter } from '../core/byte-writer.ts';

export interface RowHeader {
  readonly version: number;
  /** Infinity: none. */
  readonly expiry: number;
}

export function writeHeader(out: ByteWriter, version: number, expiry: number): void {
  if (expiry === Infinity) {
    out.varuint(version * 2);
  } else {
    out.varuint(version * 2 + 1);
    out.varint(expiry);
  }
}

export function readHeader(reader: ByteReader): RowHeader {
  const flags = reader.varuint();
  return { version: Math.floor(flags / 2), expiry: flags % 2 === 1 ? reader.varint() : Infinity };
}
