/**
 * A Store in memory, for tests, the memory log and the simulator. Rows live in a Map; an array of sorted keys is made
 * when a scan needs it and kept until a key comes or goes.
 *
 * Faults: with `unsynced: 'lose'`-like hooks a test calls `crash(keep)`, which puts the store back to a state in which
 * only the first `keep` writes after the last synced one survived, as a machine that lost power does.
 */
import { compareText } from '../../core/compare-text.ts';
import type { RowBatch } from '../../core/row-batch.ts';
import type { Row, ScanRange, Store } from '../../core/store.ts';
import { StreamError } from '../../core/stream-error.ts';

const CHUNK = 1_000;

type Changes = readonly (readonly [key: string, old: Buffer | undefined])[];

export interface MemoryStoreOptions {
  /** Called before a write is applied; what it throws is the write's failure. */
  readonly onWrite?: () => void | Promise<void>;
  /** Old values are kept for `crash`. Default true; false for stores that live long. */
  readonly remembers?: boolean;
}

export class MemoryStore implements Store {
  readonly #rows = new Map<string, Buffer>();
  /** Sorted keys; undefined after a key came or went. Never changed in place, so scans can hold on to it. */
  #sorted: readonly string[] | undefined;
  /** Old values per write since the last synced one. */
  #unsynced: Changes[] = [];
  readonly #onWrite: (() => void | Promise<void>) | undefined;
  readonly #remembers: boolean;
  #closed = false;

  constructor(options: MemoryStoreOptions = {}) {
    this.#onWrite = options.onWrite;
    this.#remembers = options.remembers ?? true;
  }

  get(key: string): Buffer | undefined {
    this.#check();
    const value = this.#rows.get(key);
    return value === undefined ? undefined : Buffer.from(value);
  }

  async *scan(range: ScanRange, signal?: AbortSignal): AsyncIterable<readonly Row[]> {
    this.#check();
    signal?.throwIfAborted();
    // The snapshot: values are replaced and never changed, so a list of references is one.
    const rows: Row[] = [];
    const limit = range.limit ?? Infinity;
    const keys = this.#keys();
    for (let i = lowerBound(keys, range.from); i < keys.length && rows.length < limit; i++) {
      const key = keys[i]!;
      if (compareText(key, range.to) >= 0) break;
      rows.push({ key, value: this.#rows.get(key)! });
    }
    for (let i = 0; i < rows.length; i += CHUNK) {
      await Promise.resolve(); // as asynchronous as a disk: callers must not count on rows in the same turn
      signal?.throwIfAborted();
      yield rows.slice(i, i + CHUNK).map(({ key, value }) => ({ key, value: Buffer.from(value) }));
    }
  }

  async write(batches: readonly RowBatch[], options: { readonly sync?: boolean } = {}): Promise<void> {
    this.#check();
    if (this.#onWrite !== undefined) await this.#onWrite();
    const old: (readonly [string, Buffer | undefined])[] = [];
    for (const batch of batches) {
      for (let i = 0; i < batch.count; i++) {
        const key = batch.key(i);
        const value = batch.value(i);
        old.push([key, this.#rows.get(key)]);
        this.#put(key, value === undefined ? undefined : Buffer.from(value));
      }
    }
    if (options.sync === true || !this.#remembers) this.#unsynced = [];
    else this.#unsynced.push(old);
  }

  async deleteRange(range: ScanRange): Promise<void> {
    this.#check();
    const keys = this.#keys();
    const old: (readonly [string, Buffer | undefined])[] = [];
    for (let i = lowerBound(keys, range.from); i < keys.length; i++) {
      const key = keys[i]!;
      if (compareText(key, range.to) >= 0 || old.length >= (range.limit ?? Infinity)) break;
      old.push([key, this.#rows.get(key)]);
    }
    for (const [key] of old) this.#put(key, undefined);
    if (this.#remembers) this.#unsynced.push(old);
  }

  async size(range: ScanRange): Promise<number> {
    let size = 0;
    for await (const rows of this.scan(range)) for (const { key, value } of rows) size += key.length + value.length;
    return size;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  /** Number of writes that a power cut may take back. */
  get unsyncedWrites(): number {
    return this.#unsynced.length;
  }

  /** Power cut: of the writes since the last synced one, only the first `keep` survive. Opens a closed store again. */
  crash(keep = 0): void {
    for (const changes of this.#unsynced.splice(keep).reverse()) {
      for (const [key, value] of changes.toReversed()) this.#put(key, value);
    }
    this.#closed = false;
  }

  #put(key: string, value: Buffer | undefined): void {
    if (this.#rows.has(key) !== (value !== undefined)) this.#sorted = undefined;
    if (value === undefined) this.#rows.delete(key);
    else this.#rows.set(key, value);
  }

  #keys(): readonly string[] {
    return (this.#sorted ??= [...this.#rows.keys()].sort(compareText));
  }

  #check(): void {
    if (this.#closed) throw new StreamError('NOT_RUNNING', 'the store is closed');
  }
}

/** Index of the first key at or after `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareText(keys[middle]!, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
