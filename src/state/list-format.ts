/**
 * Rows of a list. Appending rewrites only the head row, however long the list is:
 *
 *   head  <group>                     header | varuint incarnation, first page, next page, sealed count | tail entries
 *   page  <group><incarnation>P<page> header | entries                                        never rewritten
 *
 * An entry is uint32 size | varint expiry (only in states with TTL: header flag) | codec bytes. When the tail's bytes pass
 * PAGE_BYTES it is sealed into pages and a new tail begins.
 */
import { ByteReader } from '../core/byte-reader.ts';
import { ByteWriter } from '../core/byte-writer.ts';
import type { Codec } from '../core/codec.ts';
import type { Key } from '../core/partitioner.ts';
import type { RowBatch } from '../core/row-batch.ts';
import type { Store } from '../core/store.ts';
import { StreamError } from '../core/stream-error.ts';
import type { Cell } from './cell.ts';
import type { CellFormat } from './cell-format.ts';
import type { Disposal, Garbage } from './garbage.ts';
import type { Incarnations } from './incarnations.ts';
import { ListBody } from './list-body.ts';
import { groupPart, parseGroup } from './row-keys.ts';
import type { Stamped, TimeToLive } from './time-to-live.ts';
import type { ValueCheck } from './value-check.ts';
import { MAX_VALUE_BYTES, tooLarge } from './value-limit.ts';

const PAGE_BYTES = 2_048;

interface Captured {
  readonly body: ListBody;
  readonly tail: readonly unknown[];
  readonly length: number;
}

export class ListFormat implements CellFormat {
  readonly entryBytes = 16;
  readonly #name: string;
  readonly #prefix: string;
  readonly #codec: Codec<unknown>;
  readonly #ttl: TimeToLive | undefined;
  readonly #store: Store | undefined;
  readonly #incarnations: Incarnations;
  readonly #garbage: Garbage;
  readonly #check: ValueCheck;
  readonly #scratch = new ByteWriter();

  constructor(
    name: string,
    prefix: string,
    codec: Codec<unknown>,
    ttl: TimeToLive | undefined,
    store: Store | undefined,
    incarnations: Incarnations,
    garbage: Garbage,
    check: ValueCheck,
  ) {
    this.#name = name;
    this.#prefix = prefix;
    this.#codec = codec;
    this.#ttl = ttl;
    this.#store = store;
    this.#incarnations = incarnations;
    this.#garbage = garbage;
    this.#check = check;
    garbage.handle(name, disposePages);
  }

  rowKey(key: Key): string {
    return this.#prefix + groupPart(String(key));
  }

  ownerOf(part: string): string | undefined {
    const { keyText, sub } = parseGroup(part);
    return sub === '' ? keyText : undefined;
  }

  decode(reader: ByteReader): ListBody {
    const version = reader.varuint();
    const body = new ListBody();
    body.incarnation = reader.varuint();
    body.firstPage = reader.varuint();
    body.nextPage = reader.varuint();
    body.sealedCount = reader.varuint();
    this.#decodeEntries(reader, version, body.tail);
    return body;
  }

  encode(cell: Cell, rows: RowBatch): number {
    const body = cell.value as ListBody | undefined;
    const rowKey = this.rowKey(cell.key);
    if (body !== undefined) for (const pages of body.takeDropped()) this.#drop(rowKey, pages);
    if (body === undefined || body.size === 0) {
      if (cell.stored) rows.delete(rowKey);
      cell.stored = false;
      return 0;
    }
    const ends = this.#encodeEntries(body.tail);
    let from = 0;
    if (this.#scratch.length > PAGE_BYTES) from = this.#seal(body, ends, rowKey, rows);
    const start = rows.values.length;
    this.#header(rows.values);
    rows.values.varuint(body.incarnation);
    rows.values.varuint(body.firstPage);
    rows.values.varuint(body.nextPage);
    rows.values.varuint(body.sealedCount);
    rows.values.bytes(this.#scratch.buffer, from, this.#scratch.length);
    rows.close(rowKey, start);
    cell.stored = true;
    return ends.length;
  }

  /** Decodes the sealed pages of a list before `toPage`. */
  readPages(key: Key, body: ListBody, toPage: number): unknown[] {
    const entries: unknown[] = [];
    const rowKey = this.rowKey(key);
    for (let page = body.firstPage; page < toPage; page++) {
      const bytes = this.#store?.get(pageKey(pagePrefix(rowKey, body.incarnation), page));
      if (bytes === undefined) {
        throw new StreamError('STATE_CORRUPT', `page ${String(page)} of list '${this.#name}' is missing`, {
          key: String(key),
        });
      }
      const reader = new ByteReader(bytes);
      this.#decodeEntries(reader, reader.varuint(), entries);
    }
    return entries;
  }

  // A tail only grows: what it was is its length; a list that was replaced is still whole.
  capture(value: unknown): Captured | undefined {
    const body = value as ListBody | undefined;
    return body === undefined ? undefined : { body, tail: body.tail, length: body.tail.length };
  }

  restore(captured: unknown): ListBody | undefined {
    if (captured === undefined) return undefined;
    const { body, tail, length } = captured as Captured;
    body.setTail(tail.length === length ? (tail as unknown[]) : tail.slice(0, length));
    return body;
  }

  // Of a list that was appended to only the new entries, of another one all.
  check(value: unknown, captured: unknown): void {
    const body = value as ListBody | undefined;
    if (body === undefined) return;
    const old = captured as Captured | undefined;
    const { tail } = body;
    for (let i = old?.body === body ? old.length : 0; i < tail.length; i++) this.#check.check(tail[i]);
  }

  copy(value: unknown): ListBody {
    const body = value as ListBody | undefined;
    const copy = new ListBody();
    if (body !== undefined) copy.tail = body.sealedCount === 0 ? body.tail.slice() : [...body.all(() => [])];
    return copy;
  }

  isEmpty(value: unknown): boolean {
    return value === undefined || (value as ListBody).size === 0;
  }

  trim(value: unknown, clean: boolean): number {
    return clean ? ((value as ListBody | undefined)?.forgetSealed() ?? 0) : 0;
  }

  weight(value: unknown): number {
    return (value as ListBody | undefined)?.inMemory ?? 0;
  }

  #header(out: ByteWriter): void {
    out.varuint(this.#codec.version * 2 + (this.#ttl === undefined ? 0 : 1));
  }

  /** Writes entries to the scratch writer, returns where each ends. */
  #encodeEntries(entries: readonly unknown[]): number[] {
    const out = this.#scratch;
    out.clear();
    const ends: number[] = [];
    for (const entry of entries) {
      const start = out.length;
      out.uint32(0);
      if (this.#ttl === undefined) {
        this.#codec.encode(entry, out);
      } else {
        const { value, expiry } = entry as Stamped;
        out.varint(expiry === Infinity ? -1 : expiry);
        this.#codec.encode(value, out);
      }
      if (out.length - start > MAX_VALUE_BYTES) throw tooLarge(out.length - start);
      out.buffer.writeUInt32BE(out.length - start - 4, start);
      ends.push(out.length);
    }
    return ends;
  }

  #decodeEntries(reader: ByteReader, flags: number, into: unknown[]): void {
    const version = Math.floor(flags / 2);
    while (reader.remaining > 0) {
      const end = reader.uint32() + reader.position;
      let expiry = Infinity;
      if (flags % 2 === 1) {
        expiry = reader.varint();
        if (expiry === -1) expiry = Infinity;
      }
      const value = this.#codec.decode(reader.buffer, reader.position, end, version);
      reader.bytes(end - reader.position);
      into.push(this.#ttl === undefined ? value : ({ value, expiry } satisfies Stamped));
    }
  }

  /** Moves full pages out of the tail; returns where the rest begins in the scratch writer. */
  #seal(body: ListBody, ends: readonly number[], rowKey: string, rows: RowBatch): number {
    if (body.incarnation === 0) body.incarnation = this.#incarnations.take();
    const prefix = pagePrefix(rowKey, body.incarnation);
    const firstPage = body.nextPage;
    let from = 0;
    let sealed = 0;
    for (let i = 0; i < ends.length; i++) {
      if (ends[i]! - from < PAGE_BYTES) continue;
      const start = rows.values.length;
      this.#header(rows.values);
      rows.values.bytes(this.#scratch.buffer, from, ends[i]);
      rows.close(pageKey(prefix, body.nextPage++), start);
      from = ends[i]!;
      sealed = i + 1;
    }
    body.seal(sealed, firstPage);
    return from;
  }

  #drop(rowKey: string, pages: { readonly incarnation: number; readonly from: number; readonly to: number }): void {
    const { incarnation, from, to } = pages;
    this.#garbage.add({ state: this.#name, rows: pagePrefix(rowKey, incarnation), from, to });
  }
}

function pagePrefix(rowKey: string, incarnation: number): string {
  return `${rowKey}${incarnation.toString(36)}P`;
}

function pageKey(prefix: string, page: number): string {
  return prefix + page.toString(36);
}

const disposePages: Disposal = (piece, limit, rows) => {
  const to = Math.min(piece.to, piece.from + limit);
  for (let page = piece.from; page < to; page++) rows.delete(pageKey(piece.rows, page));
  return [to - piece.from, to === piece.to ? undefined : { ...piece, from: to }];
};
