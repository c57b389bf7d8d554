/**
 * The map of one key (or of a task) in memory. Entries carry the sequence in which their keys came; iteration follows it.
 *
 * `whole`: all entries are in memory, a missing one does not exist. Only large maps of the LevelDB backend are ever not
 * whole: then entries are read one by one, and a removed one stays as a tombstone until its removal is committed.
 */
import type { Key } from '../core/partitioner.ts';
import type { Epochs } from './epochs.ts';
import type { UndoLog, Undoable } from './undo-log.ts';
import type { ValueCheck } from './value-check.ts';

export class MapEntry {
  readonly key: Key;
  /** Undefined: removed. */
  value: unknown;
  sequence: number;
  /** Sequence in the entry's row; -1: it has none (removed, new, or the map is small). */
  storedSequence = -1;
  /** Epoch of the last change; 0: none since it was read. */
  epoch = 0;

  constructor(key: Key, value: unknown, sequence: number) {
    this.key = key;
    this.value = value;
    this.sequence = sequence;
  }
}

interface Old {
  readonly value: unknown;
  readonly sequence: number;
}

/** Who records and undoes changes of maps. */
export interface MapJournal {
  readonly epochs: Epochs;
  readonly scopeUndo: UndoLog;
  /** Touched entries are kept for the next collect. */
  readonly durable: boolean;
  readonly check: ValueCheck;
}

export class MapBody implements Undoable {
  entries = new Map<Key, MapEntry>();
  /** Present entries, in memory or not. */
  size = 0;
  nextSequence = 0;
  whole = true;
  /** First touched in the current epoch, oldest first (LevelDB backend). */
  touched: MapEntry[] = [];
  readonly #journal: MapJournal;
  /** The order of `entries` is not that of their sequences. */
  #unordered = false;

  constructor(journal: MapJournal) {
    this.#journal = journal;
  }

  /** Sets an entry; `entry` is what `entries` has for the key. */
  put(key: Key, value: unknown, entry: MapEntry | undefined): void {
    if (entry?.value !== undefined) {
      this.#touch(entry);
      entry.value = value;
      return;
    }
    const sequence = this.nextSequence++;
    if (entry === undefined) {
      entry = new MapEntry(key, undefined, sequence);
    } else {
      this.entries.delete(key);
    }
    this.#touch(entry);
    entry.value = value;
    entry.sequence = sequence;
    this.entries.set(key, entry);
    this.size++;
  }

  /** Removes a present entry. */
  remove(entry: MapEntry): void {
    this.#touch(entry);
    entry.value = undefined;
    if (this.whole) this.entries.delete(entry.key);
    this.size--;
  }

  /** Adds an entry as it is in its row. */
  admit(entry: MapEntry): void {
    entry.storedSequence = entry.sequence;
    this.entries.set(entry.key, entry);
    this.#unordered = true;
  }

  undo(item: unknown, old: unknown): void {
    const entry = item as MapEntry;
    const { value, sequence } = old as Old;
    if (entry.value === undefined && value !== undefined) this.size++;
    if (entry.value !== undefined && value === undefined) this.size--;
    entry.value = value;
    entry.sequence = sequence;
    if (value !== undefined) this.entries.set(entry.key, entry);
    else if (this.whole && this.entries.get(entry.key) === entry) this.entries.delete(entry.key);
    this.#unordered = true;
  }

  check(item: unknown): void {
    const { value } = item as MapEntry;
    if (value !== undefined) this.#journal.check.check(value);
  }

  /** Present entries in memory, in order. */
  *inOrder(): IterableIterator<MapEntry> {
    if (this.#unordered) {
      const sorted = [...this.entries.values()].sort((a, b) => a.sequence - b.sequence);
      this.entries = new Map(sorted.map((entry) => [entry.key, entry]));
      this.#unordered = false;
    }
    for (const entry of this.entries.values()) if (entry.value !== undefined) yield entry;
  }

  /** Forgets tombstones whose removal is committed, and half of the clean entries when there are more than `keep`. */
  trim(keep: number): number {
    const { confirmed } = this.#journal.epochs;
    const before = this.entries.size;
    let spare = before > keep ? Math.floor(before / 2) : 0;
    for (const [key, entry] of this.entries) {
      if (entry.epoch > confirmed || (entry.value !== undefined && (spare-- <= 0 || entry.storedSequence < 0)))
        continue;
      this.entries.delete(key);
      if (entry.value !== undefined) this.whole = false;
    }
    return before - this.entries.size;
  }

  #touch(entry: MapEntry): void {
    const { epochs, scopeUndo, durable } = this.#journal;
    if (scopeUndo.active) scopeUndo.push(this, entry, { value: entry.value, sequence: entry.sequence } satisfies Old);
    if (entry.epoch === epochs.current) return;
    entry.epoch = epochs.current;
    if (durable) this.touched.push(entry);
    else epochs.undo.push(this, entry, { value: entry.value, sequence: entry.sequence } satisfies Old);
  }
}
