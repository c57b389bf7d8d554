/**
 * The rows of a process whose log does not keep them: a LevelDB for all tasks, and beside it one for each task whose state
 * was loaded at once (see load/table-load.ts).
 *
 *   <folder>              rows of all other tasks
 *   <folder>.loaded/<n>   rows of a task, of the ranges that were known when it was loaded
 *
 * A write is atomic within each of them, and those of the loaded tasks come last: they have the position of the task, which
 * is a lower bound of what its rows have seen.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ByteWriter } from '../../core/byte-writer.ts';
import { RowBatch } from '../../core/row-batch.ts';
import type { BulkLoad, Row, ScanRange, Store } from '../../core/store.ts';
import { StreamError } from '../../core/stream-error.ts';
import { PREFIX_LENGTH, rangeEnd, rangeOfRow } from '../row-keys.ts';
import { openLevelStore, type LevelStore } from './level-store.ts';
import { removeFolder } from './load/remove-folder.ts';
import { TableBuilder } from './load/table-builder.ts';
import { TableLoad } from './load/table-load.ts';
import { storeError } from './store-error.ts';

/** A row of each loaded task: the ranges whose rows it has. Without it a folder is of no use. */
const rangesKey = '~ranges';

/** Fewer rows are written one by one as fast. */
const leastRecords = 50_000;

const loadedSizes = { blockCacheBytes: 4 * 2 ** 20, writeBufferBytes: 4 * 2 ** 20 };

interface LoadedTask {
  readonly name: string;
  readonly ranges: readonly string[];
  readonly store: LevelStore;
}

export interface StateStoreOptions {
  /** This is the only one that has the folder open: tasks may be loaded, and what loads left behind is removed. */
  readonly alone: boolean;
  /** See LevelStoreOptions. */
  readonly stateBytes?: number | undefined;
}

export class StateStore implements Store {
  readonly #home: LevelStore;
  readonly #alone: boolean;
  readonly #builder = new TableBuilder();
  /** Loaded tasks by their ranges. */
  readonly #loaded = new Map<string, LoadedTask>();
  readonly #names = new Set<string>();

  private constructor(home: LevelStore, { alone }: StateStoreOptions) {
    this.#home = home;
    this.#alone = alone;
  }

  static async open(folder: string, options: StateStoreOptions): Promise<StateStore> {
    const store = new StateStore(await openLevelStore(folder, options), options);
    try {
      await store.#openLoaded();
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  get folder(): string {
    return this.#home.folder;
  }

  get(key: string): Buffer | undefined {
    return this.#storeOf(key).get(key);
  }

  async *scan(range: ScanRange, signal?: AbortSignal): AsyncIterable<readonly Row[]> {
    let left = range.limit ?? Infinity;
    for (const { store, from, to } of this.#partsOf(range)) {
      if (left <= 0) return;
      for await (const rows of store.scan({ from, to, ...(left < Infinity && { limit: left }) }, signal)) {
        left -= rows.length;
        yield rows;
      }
    }
  }

  async write(batches: readonly RowBatch[], options: { readonly sync?: boolean } = {}): Promise<void> {
    if (this.#loaded.size === 0) return this.#home.write(batches, options);
    const parts = new Map<LevelStore, RowBatch[]>([[this.#home, []]]);
    for (const batch of batches) {
      for (const [store, part] of this.#split(batch)) {
        const known = parts.get(store);
        if (known === undefined) parts.set(store, [part]);
        else known.push(part);
      }
    }
    const home = parts.get(this.#home)!;
    parts.delete(this.#home);
    // What a power cut takes back of the shared one it must not leave in those of tasks, which have the positions.
    if (home.length > 0) await this.#home.write(home, { sync: options.sync === true || parts.size > 0 });
    await Promise.all([...parts].map(([store, part]) => store.write(part, options)));
  }

  async deleteRange(range: ScanRange): Promise<void> {
    for (const { store, from, to } of this.#partsOf(range)) await store.deleteRange({ ...range, from, to });
  }

  async size(range: ScanRange): Promise<number> {
    let bytes = 0;
    for (const { store, from, to } of this.#partsOf(range)) bytes += await store.size({ from, to });
    return bytes;
  }

  async load(ranges: readonly string[], records: number): Promise<BulkLoad | undefined> {
    if (!this.#alone || records < leastRecords) return undefined;
    for (const task of new Set(ranges.flatMap((range) => this.#loaded.get(range) ?? []))) await this.#remove(task);
    let number = 0;
    while (this.#names.has(String(number))) number++;
    const name = String(number);
    this.#names.add(name);
    const load = await TableLoad.start(this.#folderOf(name), this.#builder).catch((error: unknown) => {
      this.#names.delete(name);
      throw error;
    });
    return {
      add: (batch) => load.add(batch),
      room: () => load.room(),
      finish: async () => {
        const found = await load.finish();
        // Rows of states that this build does not know are kept for the one that does.
        if (found.size > 0) await this.#take(name, [...new Set([...ranges, ...found])]);
        else this.#names.delete(name);
      },
      abort: async () => {
        await load.abort();
        this.#names.delete(name);
      },
    };
  }

  async close(): Promise<void> {
    const stores = new Set([...this.#loaded.values()].map(({ store }) => store));
    await Promise.all([this.#home, ...stores].map((store) => store.close()));
  }

  async #openLoaded(): Promise<void> {
    for (const name of await this.#folders()) {
      if (!(await this.#open(name)) && this.#alone) await removeFolder(this.#folderOf(name));
    }
  }

  async #folders(): Promise<readonly string[]> {
    try {
      return await readdir(this.#folderOf(''));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw storeError(error, this.#folderOf(''));
    }
  }

  /** False: it was not filled to its end, or was to be removed. */
  async #open(name: string): Promise<boolean> {
    if (!existsSync(join(this.#folderOf(name), 'CURRENT'))) return false;
    const store = await this.#openWhole(name);
    if (store === undefined) return false;
    const row = store.get(rangesKey);
    if (row === undefined) {
      await store.close();
      return false;
    }
    this.#keep({ name, store, ranges: JSON.parse(row.toString()) as readonly string[] });
    return true;
  }

  // A damaged one is restored again: all of it is in the changelog.
  async #openWhole(name: string): Promise<LevelStore | undefined> {
    try {
      return await openLevelStore(this.#folderOf(name), loadedSizes);
    } catch (error) {
      if (this.#alone && StreamError.is(error) && error.code === 'STATE_CORRUPT') return undefined;
      throw error;
    }
  }

  #keep(task: LoadedTask): void {
    this.#names.add(task.name);
    for (const range of task.ranges) this.#loaded.set(range, task);
  }

  /** A folder is filled: it has the rows of these ranges from now on. */
  async #take(name: string, ranges: readonly string[]): Promise<void> {
    const store = await openLevelStore(this.#folderOf(name), loadedSizes);
    const rows = new RowBatch(new ByteWriter(1024));
    rows.putBytes(rangesKey, Buffer.from(JSON.stringify(ranges)));
    try {
      await store.write([rows]);
    } catch (error) {
      await store.close();
      throw error;
    }
    this.#keep({ name, store, ranges });
  }

  async #remove({ name, ranges, store }: LoadedTask): Promise<void> {
    const rows = new RowBatch(new ByteWriter(64));
    rows.delete(rangesKey);
    await store.write([rows]);
    for (const range of ranges) this.#loaded.delete(range);
    await store.close();
    await removeFolder(this.#folderOf(name));
    this.#names.delete(name);
  }

  #folderOf(name: string): string {
    return join(`${this.#home.folder}.loaded`, basename(name));
  }

  #storeOf(key: string): LevelStore {
    return this.#loaded.size === 0 ? this.#home : (this.#loaded.get(rangeOfRow(key))?.store ?? this.#home);
  }

  /** The rows of a batch by where they belong. */
  #split(batch: RowBatch): ReadonlyMap<LevelStore, RowBatch> {
    const parts = new Map<LevelStore, RowBatch>();
    let range = '';
    let part: RowBatch | undefined;
    for (let i = 0; i < batch.count; i++) {
      // Rows of a state come together.
      if (part === undefined || !isInRange(batch, i, range)) {
        const key = batch.key(i);
        range = rangeOfRow(key);
        const store = this.#storeOf(key);
        part = parts.get(store);
        if (part === undefined) parts.set(store, (part = new RowBatch(batch.values)));
      }
      part.share(batch, i);
    }
    return parts;
  }

  /** The stores that have rows of a range, each with its part of it, in the order of keys. */
  #partsOf({
    from,
    to,
  }: ScanRange): readonly { readonly store: LevelStore; readonly from: string; readonly to: string }[] {
    const range = rangeOfRow(from);
    const whole = this.#loaded.get(range);
    if (whole !== undefined && (to.startsWith(range) || to <= rangeEnd(range)))
      return [{ store: whole.store, from, to }];
    const parts: { store: LevelStore; from: string; to: string }[] = [];
    let at = from;
    for (const [range, { store }] of [...this.#loaded].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const end = rangeEnd(range);
      if (end <= at || range >= to) continue;
      if (range > at) parts.push({ store: this.#home, from: at, to: range });
      parts.push({ store, from: range < at ? at : range, to: end < to ? end : to });
      at = end;
    }
    if (at < to) parts.push({ store: this.#home, from: at, to });
    return parts;
  }
}

function isInRange(batch: RowBatch, i: number, range: string): boolean {
  const isWholeKey = range.startsWith('~') || range.length < PREFIX_LENGTH;
  if (isWholeKey) return batch.key(i) === range;
  const start = batch.keyStart(i);
  if (batch.keyEnds[i]! - start < range.length) return false;
  const { buffer } = batch.keys;
  for (let at = 0; at < range.length; at++) if (buffer[start + at] !== range.charCodeAt(at)) return false; // ASCII
  return true;
}
