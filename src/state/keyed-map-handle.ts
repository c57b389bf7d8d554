import type { Key } from '../core/partitioner.ts';
import type { Cell } from './cell.ts';
import type { ExpiryIndex } from './expiry-index.ts';
import type { KeyedMap } from './keyed-map.ts';
import type { KeyedTable } from './keyed-table.ts';
import type { MapEntry } from './map-body.ts';
import type { MapFormat } from './map-format.ts';
import { MapHandle } from './map-handle.ts';
import { entryText, groupPart, parseEntry, parseGroup } from './row-keys.ts';
import type { TimeToLive } from './time-to-live.ts';

/** Up to this many entries a map is read as a whole when it is iterated; larger ones are streamed. */
const GATHER = 4_096;

/** A map per key. */
export class KeyedMapHandle<K extends Key, V> extends MapHandle<K, V> {
  readonly #table: KeyedTable;
  readonly #format: MapFormat;
  readonly #index: ExpiryIndex | undefined;
  #cell: Cell | undefined;
  #turn = -1;

  constructor(table: KeyedTable, format: MapFormat, ttl?: TimeToLive, index?: ExpiryIndex) {
    super(ttl);
    this.#table = table;
    this.#format = format;
    this.#index = index;
  }

  clear(): void {
    const cell = this.#current();
    const map = cell.value as KeyedMap | undefined;
    if (map === undefined || (map.size === 0 && !map.hasRows)) return;
    this.#table.weigh(-map.entries.size);
    if (map.hasRows) {
      this.#table.write(cell, map.replacement());
      this.#table.emptied(cell);
    } else {
      this.#table.clear(cell);
    }
  }

  /** Called by the sweeper with a key part of the index. */
  sweep(part: string): void {
    const { keyText, sub } = parseGroup(part);
    this.#cell = this.#table.cellOf(this.#table.scope.parse(keyText));
    this.#turn = this.#table.scope.turn;
    const map = this.body();
    if (map !== undefined) this.sweepEntry(map, parseEntry(sub));
    this.#turn = -1;
  }

  protected body(): KeyedMap | undefined {
    return this.#current().value as KeyedMap | undefined;
  }

  protected changing(): KeyedMap {
    const cell = this.#current();
    let map = cell.value as KeyedMap | undefined;
    if (map === undefined) {
      map = this.#format.create();
      this.#table.write(cell, map);
    } else {
      this.#table.touch(cell);
    }
    return map;
  }

  protected find(map: KeyedMap, key: Key): MapEntry | undefined {
    const entry = map.entries.get(key);
    if (entry !== undefined || map.whole) return entry;
    const read = this.#format.readEntry(map, key);
    if (read !== undefined) {
      map.admit(read);
      this.#table.weigh(1);
    }
    return read;
  }

  protected all(map: KeyedMap): Iterable<MapEntry> {
    if (map.whole) return map.inOrder();
    if (map.size > GATHER) return this.#stream(map);
    for (const key of map.chunks!.keys()) this.find(map, key);
    map.whole = true;
    return map.inOrder();
  }

  protected counted(change: 1 | -1): void {
    this.#table.weigh(change);
    const cell = this.#current();
    if (change === -1 && (cell.value as KeyedMap).size === 0) this.#table.emptied(cell);
  }

  protected willExpire(expiry: number, key: Key): void {
    this.#index?.add(expiry, groupPart(String(this.#current().key)) + entryText(key));
  }

  /** Entries of a map that is too large to be read as a whole: those in rows by their chunks, then the new ones. */
  *#stream(map: KeyedMap): IterableIterator<MapEntry> {
    for (const key of map.chunks!.keys()) {
      const entry = map.entries.get(key);
      if (entry === undefined) {
        const read = this.#format.readEntry(map, key);
        if (read !== undefined) yield read;
      } else if (entry.value !== undefined && entry.storedSequence === entry.sequence) {
        yield entry; // one that was removed and set again comes below
      }
    }
    const fresh = map.touched.filter(
      ({ value, storedSequence, sequence }) => value !== undefined && storedSequence !== sequence,
    );
    yield* fresh.sort((a, b) => a.sequence - b.sequence);
  }

  #current(): Cell {
    const { turn } = this.#table.scope;
    if (this.#turn !== turn || this.#cell === undefined) {
      this.#cell = this.#table.seek();
      this.#turn = turn;
    }
    return this.#cell;
  }
}
