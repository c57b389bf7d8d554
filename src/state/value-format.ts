/** Rows of value states: header, then the codec's bytes. Reducing and aggregating states are value states. */
import type { ByteReader } from '../core/byte-reader.ts';
import type { Codec } from '../core/codec.ts';
import type { Key } from '../core/partitioner.ts';
import type { RowBatch } from '../core/row-batch.ts';
import type { Cell } from './cell.ts';
import type { CellFormat } from './cell-format.ts';
import { readHeader, writeHeader } from './row-value.ts';
import type { Stamped, TimeToLive } from './time-to-live.ts';
import type { ValueCheck } from './value-check.ts';
import { MAX_VALUE_BYTES, tooLarge } from './value-limit.ts';

export class ValueFormat implements CellFormat {
  readonly entryBytes = undefined;
  readonly #prefix: string;
  readonly #codec: Codec<unknown>;
  readonly #ttl: TimeToLive | undefined;
  readonly #check: ValueCheck;

  constructor(prefix: string, codec: Codec<unknown>, ttl: TimeToLive | undefined, check: ValueCheck) {
    this.#prefix = prefix;
    this.#codec = codec;
    this.#ttl = ttl;
    this.#check = check;
  }

  rowKey(key: Key): string {
    return this.#prefix + String(key);
  }

  ownerOf(part: string): string {
    return part;
  }

  decode(reader: ByteReader, _key: Key): unknown {
    const { version, expiry } = readHeader(reader);
    const value = this.#codec.decode(reader.buffer, reader.position, reader.end, version);
    return this.#ttl === undefined ? value : ({ value, expiry } satisfies Stamped);
  }

  encode(cell: Cell, rows: RowBatch): number {
    const { value } = cell;
    if (value === undefined) {
      if (cell.stored) rows.delete(this.rowKey(cell.key));
      cell.stored = false;
      return 0;
    }
    const start = rows.values.length;
    if (this.#ttl === undefined) {
      writeHeader(rows.values, this.#codec.version, Infinity);
      this.#codec.encode(value, rows.values);
    } else {
      const stamped = value as Stamped;
      writeHeader(rows.values, this.#codec.version, stamped.expiry);
      this.#codec.encode(stamped.value, rows.values);
    }
    if (rows.values.length - start > MAX_VALUE_BYTES) throw tooLarge(rows.values.length - start);
    rows.closeKey(this.#prefix, cell.key, start);
    cell.stored = true;
    return 1;
  }

  capture(value: unknown): unknown {
    return value;
  }

  restore(captured: unknown): unknown {
    return captured;
  }

  check(value: unknown): void {
    if (value !== undefined) this.#check.check(value);
  }

  copy(value: unknown): unknown {
    return value;
  }

  isEmpty(value: unknown): boolean {
    return value === undefined;
  }

  trim(): number {
    return 0;
  }

  weight(): number {
    return 0;
  }
}
