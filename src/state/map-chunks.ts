/**
 * The order of a large map's keys, as rows that can be followed by point reads: chunk c holds the keys whose sequence is
 * in [64 c, 64 c + 64), oldest first, and the numbers of its neighbours. A chunk without keys has no row.
 *
 *   head: first ──> chunk 0 <──> chunk 2 <──> chunk 7 <── last
 *
 *   row: varuint previous + 1, next + 1, then the keys as sized entry texts
 */
import { ByteReader } from '../core/byte-reader.ts';
import type { Key } from '../core/partitioner.ts';
import type { RowBatch } from '../core/row-batch.ts';
import type { Store } from '../core/store.ts';
import { StreamError } from '../core/stream-error.ts';
import { entryText, parseEntry } from './row-keys.ts';

const KEYS_PER_CHUNK = 64;
const NONE = -1;

interface Chunk {
  readonly number: number;
  previous: number;
  next: number;
  keys: Key[];
}

export class MapChunks {
  readonly #prefix: string;
  readonly #store: Store;
  first = NONE;
  last = NONE;
  /** Chunks that this epoch and the one in flight changed or looked at; the store is behind them. */
  #recent = new Map<number, Chunk>();
  #older = new Map<number, Chunk>();
  readonly #dirty = new Set<Chunk>();

  /** `prefix`: of the map's rows, up to its incarnation. */
  constructor(prefix: string, store: Store) {
    this.#prefix = prefix;
    this.#store = store;
  }

  get prefix(): string {
    return this.#prefix;
  }

  append(key: Key, sequence: number): void {
    const number = Math.floor(sequence / KEYS_PER_CHUNK);
    let chunk = number <= this.last ? this.#get(number) : undefined;
    if (chunk === undefined) {
      // Sequences only grow, so a new chunk is the last one (or one that had lost all its keys while it was the last).
      chunk = { number, previous: this.last, next: NONE, keys: [] };
      if (this.last === NONE) this.first = number;
      else this.#change(this.#must(this.last)).next = number;
      this.last = number;
      this.#recent.set(number, chunk);
    }
    this.#change(chunk).keys.push(key);
  }

  remove(key: Key, sequence: number): void {
    const chunk = this.#change(this.#must(Math.floor(sequence / KEYS_PER_CHUNK)));
    const at = chunk.keys.indexOf(key);
    if (at !== -1) chunk.keys.splice(at, 1);
    if (chunk.keys.length > 0) return;
    if (chunk.previous === NONE) this.first = chunk.next;
    else this.#change(this.#must(chunk.previous)).next = chunk.next;
    if (chunk.next === NONE) this.last = chunk.previous;
    else this.#change(this.#must(chunk.next)).previous = chunk.previous;
  }

  collect(rows: RowBatch): void {
    for (const chunk of this.#dirty) {
      const key = `${this.#prefix}C${chunk.number.toString(36)}`;
      if (chunk.keys.length === 0) {
        rows.delete(key);
        continue;
      }
      rows.put(key, (out) => {
        out.varuint(chunk.previous + 1);
        out.varuint(chunk.next + 1);
        for (const entry of chunk.keys) out.sizedText(entryText(entry));
      });
    }
    this.#dirty.clear();
    this.#older = this.#recent;
    this.#recent = new Map();
  }

  /** The keys in order. */
  *keys(): IterableIterator<Key> {
    for (let number = this.first; number !== NONE;) {
      const chunk = this.#must(number);
      yield* chunk.keys;
      number = chunk.next;
    }
  }

  #get(number: number): Chunk | undefined {
    const recent = this.#recent.get(number);
    if (recent !== undefined) return recent.keys.length === 0 ? undefined : recent;
    const older = this.#older.get(number);
    if (older !== undefined) return older.keys.length === 0 ? undefined : older;
    return readChunk(this.#store, this.#prefix, number);
  }

  #must(number: number): Chunk {
    const chunk = this.#get(number);
    if (chunk !== undefined) return chunk;
    throw new StreamError('STATE_CORRUPT', `chunk ${String(number)} of the map at "${this.#prefix}" is missing`);
  }

  #change(chunk: Chunk): Chunk {
    this.#recent.set(chunk.number, chunk);
    this.#dirty.add(chunk);
    return chunk;
  }
}

/** A chunk as the store has it. */
export function readChunk(store: Store, prefix: string, number: number): Chunk | undefined {
  const bytes = store.get(`${prefix}C${number.toString(36)}`);
  if (bytes === undefined) return undefined;
  const reader = new ByteReader(bytes);
  const previous = reader.varuint() - 1;
  const next = reader.varuint() - 1;
  const keys: Key[] = [];
  while (reader.remaining > 0) keys.push(parseEntry(reader.sizedText()));
  return { number, previous, next, keys };
}
