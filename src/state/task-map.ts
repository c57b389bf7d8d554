/**
 * A map of the task (broadcast state), wholly in memory, a row per entry:
 *   key <prefix><entry>   value: header | varuint sequence | codec bytes
 */
import { ByteReader } from '../core/byte-reader.ts';
import type { Codec } from '../core/codec.ts';
import type { Key } from '../core/partitioner.ts';
import type { RowBatch } from '../core/row-batch.ts';
import { prefixEnd } from '../core/store.ts';
import type { Store } from '../core/store.ts';
import { MapBody, MapEntry } from './map-body.ts';
import type { MapJournal } from './map-body.ts';
import { MapHandle } from './map-handle.ts';
import { entryText, keyPart, parseEntry } from './row-keys.ts';
import { readHeader, writeHeader } from './row-value.ts';
import { MAX_VALUE_BYTES, tooLarge } from './value-limit.ts';

export class TaskMap<K extends Key, V> extends MapHandle<K, V> {
  readonly prefix: string;
  readonly #codec: Codec<V>;
  readonly #store: Store | undefined;
  readonly #journal: MapJournal;
  #body: MapBody;

  constructor(prefix: string, codec: Codec<V>, store: Store | undefined, journal: MapJournal) {
    super(undefined);
    this.prefix = prefix;
    this.#codec = codec;
    this.#store = store;
    this.#journal = journal;
    this.#body = new MapBody(journal);
  }

  get dirtyBytes(): number {
    return this.#body.touched.length * 128;
  }

  async load(): Promise<void> {
    if (this.#store === undefined) return;
    const body = new MapBody(this.#journal);
    for await (const rows of this.#store.scan({ from: this.prefix, to: prefixEnd(this.prefix) })) {
      for (const { key, value } of rows) {
        const reader = new ByteReader(value);
        const { version } = readHeader(reader);
        const sequence = reader.varuint();
        const decoded = this.#codec.decode(reader.buffer, reader.position, reader.end, version);
        body.admit(new MapEntry(parseEntry(keyPart(key)), decoded, sequence));
        body.nextSequence = Math.max(body.nextSequence, sequence + 1);
      }
    }
    body.size = body.entries.size;
    this.#body = body;
  }

  collect(rows: RowBatch): void {
    if (this.#journal.durable) {
      for (const entry of this.#body.touched) {
        const key = this.prefix + entryText(entry.key);
        if (entry.value === undefined) {
          rows.delete(key);
          continue;
        }
        const start = rows.values.length;
        writeHeader(rows.values, this.#codec.version, Infinity);
        rows.values.varuint(entry.sequence);
        this.#codec.encode(entry.value as V, rows.values);
        if (rows.values.length - start > MAX_VALUE_BYTES) throw tooLarge(rows.values.length - start);
        rows.close(key, start);
      }
    }
    this.#body.touched = [];
  }

  copyTo(other: TaskMap<K, V>): void {
    const present = new Set(this.keys());
    for (const key of [...other.keys()]) if (!present.has(key)) other.delete(key);
    for (const [key, value] of this.entries()) other.set(key, value);
  }

  clear(): void {
    for (const entry of [...this.#body.inOrder()]) this.#body.remove(entry);
  }

  protected body(): MapBody {
    return this.#body;
  }

  protected changing(): MapBody {
    return this.#body;
  }

  protected find(body: MapBody, key: Key): MapEntry | undefined {
    return body.entries.get(key);
  }

  protected all(body: MapBody): Iterable<MapEntry> {
    return body.inOrder();
  }

  protected counted(): void {
    // The task's caches are not bounded by what they hold for the whole task.
  }

  protected willExpire(): void {
    // Task maps have no TTL.
  }
}
