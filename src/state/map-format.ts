/**
 * Rows of a map. Small maps are one row; a map that outgrows INLINE_BYTES gets a row per entry, for good (until it is
 * cleared), so that changing an entry writes that entry.
 *
 *   small: head  <group>                        header(no expiry) | 0 | entries: sized entry text, uint32 size, value
 *   large: head  <group>                        header | varuint incarnation, size, next sequence, first + 1, last + 1
 *          entry <group><incarnation>E<entry>   value with varuint sequence after its header
 *          chunk <group><incarnation>C<number>  order of the keys, see map-chunks.ts
 *   value: header | codec bytes
 */
import { ByteReader } from '../core/byte-reader.ts';
import type { ByteWriter } from '../core/byte-writer.ts';
import type { Codec } from '../core/codec.ts';
import type { Key } from '../core/partitioner.ts';
import type { RowBatch } from '../core/row-batch.ts';
import type { Store } from '../core/store.ts';
import type { Cell } from './cell.ts';
import type { CellFormat } from './cell-format.ts';
import type { Disposal, Garbage } from './garbage.ts';
import type { Incarnations } from './incarnations.ts';
import { KeyedMap } from './keyed-map.ts';
import type { MapJournal } from './map-body.ts';
import { MapEntry } from './map-body.ts';
import { MapChunks, readChunk } from './map-chunks.ts';
import { entryText, groupPart, parseEntry, parseGroup } from './row-keys.ts';
import { readHeader, writeHeader } from './row-value.ts';
import type { Stamped, TimeToLive } from './time-to-live.ts';
import { MAX_VALUE_BYTES, tooLarge } from './value-limit.ts';

const INLINE_BYTES = 2_048;
/** More entries than this of a map in use may be evicted one by one. */
const KEEP_ENTRIES = 4_096;

export class MapFormat implements CellFormat {
  readonly entryBytes = 144;
  readonly #name: string;
  readonly #prefix: string;
  readonly #codec: Codec<unknown>;
  readonly #ttl: TimeToLive | undefined;
  readonly #store: Store | undefined;
  readonly #incarnations: Incarnations;
  readonly #garbage: Garbage;
  readonly #journal: MapJournal;

  constructor(
    name: string,
    prefix: string,
    codec: Codec<unknown>,
    ttl: TimeToLive | undefined,
    store: Store | undefined,
    incarnations: Incarnations,
    garbage: Garbage,
    journal: MapJournal,
  ) {
    this.#name = name;
    this.#prefix = prefix;
    this.#codec = codec;
    this.#ttl = ttl;
    this.#store = store;
    this.#incarnations = incarnations;
    this.#garbage = garbage;
    this.#journal = journal;
    garbage.handle(name, (piece, limit, rows) => disposeChunks(store, piece, limit, rows));
  }

  rowKey(key: Key): string {
    return this.#prefix + groupPart(String(key));
  }

  create(): KeyedMap {
    return new KeyedMap(this.#journal);
  }

  ownerOf(part: string): string | undefined {
    const { keyText, sub } = parseGroup(part);
    return sub === '' ? keyText : undefined;
  }

  decode(reader: ByteReader, key: Key): KeyedMap {
    readHeader(reader);
    const map = this.create();
    const incarnation = reader.varuint();
    if (incarnation !== 0) {
      map.chunks = new MapChunks(largePrefix(this.rowKey(key), incarnation), this.#store!);
      map.whole = false;
      map.size = reader.varuint();
      map.nextSequence = reader.varuint();
      map.chunks.first = reader.varuint() - 1;
      map.chunks.last = reader.varuint() - 1;
      return map;
    }
    while (reader.remaining > 0) {
      const entryKey = parseEntry(reader.sizedText());
      const end = reader.uint32() + reader.position;
      const inner = new ByteReader(reader.buffer, reader.position, end);
      map.entries.set(entryKey, new MapEntry(entryKey, this.#readValue(inner, readHeader(inner)), map.nextSequence++));
      reader.bytes(end - reader.position);
    }
    map.size = map.entries.size;
    return map;
  }

  encode(cell: Cell, rows: RowBatch): number {
    const map = cell.value as KeyedMap | undefined;
    const rowKey = this.rowKey(cell.key);
    if (map !== undefined) for (const chunks of map.takeDropped()) this.#drop(chunks);
    if (map === undefined || map.size === 0) {
      if (map?.chunks !== undefined) {
        // Entries were removed one by one until none was left: their rows go now, a new map begins small.
        this.#encodeChanges(map, map.chunks, rows);
        map.chunks = undefined;
        map.whole = true;
        map.entries.clear();
      }
      if (map !== undefined) map.touched = [];
      if (cell.stored) rows.delete(rowKey);
      cell.stored = false;
      return 0;
    }
    const values = map.chunks === undefined ? map.size : map.touched.length;
    if (map.chunks === undefined) {
      this.#encodeSmall(map, rowKey, rows);
    } else {
      this.#encodeChanges(map, map.chunks, rows);
      this.#encodeHead(map, map.chunks, rowKey, rows);
    }
    cell.stored = true;
    return values;
  }

  /** An entry of a large map from its row. */
  readEntry(map: KeyedMap, key: Key): MapEntry | undefined {
    const bytes = this.#store!.get(`${map.chunks!.prefix}E${entryText(key)}`);
    if (bytes === undefined) return undefined;
    const reader = new ByteReader(bytes);
    const header = readHeader(reader);
    const sequence = reader.varuint();
    return new MapEntry(key, this.#readValue(reader, header), sequence);
  }

  capture(value: unknown): unknown {
    return value;
  }

  // What is inside the map puts itself back (MapBody.undo).
  restore(captured: unknown): unknown {
    return captured;
  }

  // Entries check themselves (MapBody.check).
  check(): void {
    // a map without its entries always fits
  }

  copy(value: unknown): KeyedMap {
    const copy = this.create();
    if (value !== undefined) {
      for (const { key, value: entry } of (value as KeyedMap).inOrder()) copy.put(key, entry, undefined);
    }
    return copy;
  }

  isEmpty(value: unknown): boolean {
    return value === undefined || (value as KeyedMap).size === 0;
  }

  trim(value: unknown): number {
    const map = value as KeyedMap | undefined;
    return map?.chunks === undefined ? 0 : map.trim(KEEP_ENTRIES);
  }

  weight(value: unknown): number {
    return (value as KeyedMap | undefined)?.entries.size ?? 0;
  }

  #encodeSmall(map: KeyedMap, rowKey: string, rows: RowBatch): void {
    const out = rows.values;
    const start = out.length;
    writeHeader(out, this.#codec.version, Infinity);
    out.varuint(0);
    for (const entry of map.inOrder()) {
      out.sizedText(entryText(entry.key));
      const size = out.length;
      out.uint32(0);
      this.#writeValue(out, entry, false);
      out.buffer.writeUInt32BE(out.length - size - 4, size);
    }
    map.touched = [];
    if (out.length - start <= INLINE_BYTES || map.size === 1) {
      rows.close(rowKey, start);
      return;
    }
    out.length = start;
    const chunks = new MapChunks(largePrefix(rowKey, this.#incarnations.take()), this.#store!);
    map.chunks = chunks;
    map.touched = [...map.inOrder()];
    this.#encodeChanges(map, chunks, rows);
    this.#encodeHead(map, chunks, rowKey, rows);
  }

  #encodeHead(map: KeyedMap, chunks: MapChunks, rowKey: string, rows: RowBatch): void {
    rows.put(rowKey, (out) => {
      writeHeader(out, this.#codec.version, Infinity);
      out.varuint(parseInt(chunks.prefix.slice(rowKey.length), 36));
      out.varuint(map.size);
      out.varuint(map.nextSequence);
      out.varuint(chunks.first + 1);
      out.varuint(chunks.last + 1);
    });
  }

  #encodeChanges(map: KeyedMap, chunks: MapChunks, rows: RowBatch): void {
    const appended: MapEntry[] = [];
    for (const entry of map.touched) {
      const sequence = entry.value === undefined ? -1 : entry.sequence;
      const { storedSequence } = entry;
      if (storedSequence !== sequence) {
        if (storedSequence >= 0) chunks.remove(entry.key, storedSequence);
        if (sequence >= 0) appended.push(entry);
      }
      const rowKey = `${chunks.prefix}E${entryText(entry.key)}`;
      if (sequence >= 0) {
        const start = rows.values.length;
        this.#writeValue(rows.values, entry, true);
        rows.close(rowKey, start);
      } else if (storedSequence >= 0) {
        rows.delete(rowKey);
      }
      entry.storedSequence = sequence;
    }
    appended.sort((a, b) => a.sequence - b.sequence);
    for (const entry of appended) chunks.append(entry.key, entry.sequence);
    chunks.collect(rows);
    map.touched = [];
  }

  #writeValue(out: ByteWriter, entry: MapEntry, withSequence: boolean): void {
    const { value, expiry } =
      this.#ttl === undefined ? { value: entry.value, expiry: Infinity } : (entry.value as Stamped);
    const start = out.length;
    writeHeader(out, this.#codec.version, expiry);
    if (withSequence) out.varuint(entry.sequence);
    this.#codec.encode(value, out);
    if (out.length - start > MAX_VALUE_BYTES) throw tooLarge(out.length - start);
  }

  #readValue(reader: ByteReader, header: { readonly version: number; readonly expiry: number }): unknown {
    const value = this.#codec.decode(reader.buffer, reader.position, reader.end, header.version);
    return this.#ttl === undefined ? value : ({ value, expiry: header.expiry } satisfies Stamped);
  }

  #drop(chunks: MapChunks): void {
    if (chunks.first >= 0) this.#garbage.add({ state: this.#name, rows: chunks.prefix, from: chunks.first, to: 0 });
  }
}

function largePrefix(rowKey: string, incarnation: number): string {
  return rowKey + incarnation.toString(36);
}

/** Follows the chunks of a dropped map and deletes them with their entries. */
function disposeChunks(store: Store | undefined, ...[piece, limit, rows]: Parameters<Disposal>): ReturnType<Disposal> {
  let deleted = 0;
  let number = piece.from;
  while (number >= 0) {
    if (deleted >= limit) return [deleted, { ...piece, from: number }];
    const chunk = store === undefined ? undefined : readChunk(store, piece.rows, number);
    if (chunk === undefined) break;
    for (const key of chunk.keys) rows.delete(`${piece.rows}E${entryText(key)}`);
    rows.delete(`${piece.rows}C${number.toString(36)}`);
    deleted += chunk.keys.length + 1;
    number = chunk.next;
  }
  return [deleted, undefined];
}
