/** Store over LevelDB. Keys are UTF-8 text: read and scanned as text, written as the bytes that they are in a batch. */
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Level } from 'level';
import type { RowBatch } from '../../core/row-batch.ts';
import type { Row, ScanRange, Store } from '../../core/store.ts';
import type { StreamError } from '../../core/stream-error.ts';
import { checkFiles } from './check-files.ts';
import { storeError, storeWriteError } from './store-error.ts';
import { writeOrder } from './write-order.ts';

const MiB = 1024 * 1024;

// A chunk of a scan ends at either. LevelDB's default of 16 KiB makes a scan beside a busy thread crawl: a chunk is read
// per turn of the event loop.
const CHUNK_ROWS = 2_000;
const CHUNK_BYTES = 512 * 1024;

export interface LevelStoreOptions {
  /** Size of LevelDB's own block cache, bytes. Default 32 MiB. */
  readonly blockCacheBytes?: number;
  /** Memory for state beside the store, bytes. The default of the write buffer is an eighth of it, from 4 to 128 MiB. */
  readonly stateBytes?: number | undefined;
  /** Size of LevelDB's write buffer, bytes (up to two are in memory). Default: by `stateBytes`, without it 16 MiB. */
  readonly writeBufferBytes?: number;
}

export class LevelStore implements Store {
  readonly folder: string;
  readonly #db: Level<string, Buffer>;
  /**
   * A batch that is not in use. LevelDB's copy of the rows is in it, which keeps its memory when it is cleared: growing
   * that anew for each write costs more than all the rest of handing rows over.
   */
  #spare: NativeBatch | undefined;
  /** Why a write failed: there are no writes after it. */
  #broken: StreamError | undefined;
  #closing: Promise<void> | undefined;

  constructor(folder: string, db: Level<string, Buffer>) {
    this.folder = folder;
    this.#db = db;
  }

  get(key: string): Buffer | undefined {
    try {
      return this.#db.getSync(key);
    } catch (cause) {
      throw storeError(cause, this.folder);
    }
  }

  async *scan(range: ScanRange, signal?: AbortSignal): AsyncIterable<readonly Row[]> {
    signal?.throwIfAborted();
    const { from, to, limit = -1 } = range;
    // `Level`, being universal, does not declare what only LevelDB on disk has.
    const options = { gte: from, lt: to, limit, highWaterMarkBytes: CHUNK_BYTES };
    const iterator = this.#db.iterator(options);
    try {
      while (true) {
        const entries = await iterator.nextv(CHUNK_ROWS);
        signal?.throwIfAborted();
        if (entries.length === 0) return;
        yield entries.map(([key, value]) => ({ key, value }));
      }
    } catch (cause) {
      throw signal?.aborted === true ? (signal.reason as Error) : storeError(cause, this.folder);
    } finally {
      await iterator.close();
    }
  }

  // A write that fails (a full disk) leaves a part of a record in LevelDB's log. What is written behind it looks well, but
  // is not found when the log is read again. So the first failure is the last write until the store is opened anew.
  async write(batches: readonly RowBatch[], options: { readonly sync?: boolean } = {}): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    try {
      const native = this.#spare ?? (this.#db.batch() as unknown as NativeBatch);
      this.#spare = undefined;
      for (const batch of batches) append(native, batch);
      await native._write({ sync: options.sync === true });
      native._clear();
      if (this.#closing === undefined) this.#spare = native;
    } catch (cause) {
      throw this.#failed(cause);
    }
  }

  async deleteRange(range: ScanRange): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    try {
      await this.#db.clear({ gte: range.from, lt: range.to, limit: range.limit ?? -1 });
    } catch (cause) {
      throw this.#failed(cause);
    }
  }

  async size(range: ScanRange): Promise<number> {
    const sized = this.#db as unknown as Sized;
    try {
      return await sized.approximateSize(range.from, range.to);
    } catch (cause) {
      throw storeError(cause, this.folder);
    }
  }

  #failed(cause: unknown): StreamError {
    const error = storeWriteError(cause, this.folder);
    if (error.code !== 'NOT_RUNNING') this.#broken ??= error;
    return error;
  }

  close(): Promise<void> {
    this.#spare = undefined; // a closed database must not be written to
    return (this.#closing ??= this.#db.close());
  }
}

function append(native: NativeBatch, rows: RowBatch): void {
  const { starts, ends, keyEnds } = rows;
  const keys = rows.keys.buffer;
  const values = rows.values.buffer;
  for (const i of writeOrder(rows)) {
    const keyStart = rows.keyStart(i);
    // A plain view is made in half the time that a Buffer takes.
    const key = new Uint8Array(keys.buffer, keys.byteOffset + keyStart, keyEnds[i]! - keyStart);
    const start = starts[i]!;
    if (start < 0) native._del(key);
    else native._put(key, new Uint8Array(values.buffer, values.byteOffset + start, ends[i]! - start));
  }
}

/**
 * A chained batch as classic-level has it, behind what abstract-level does for each row of one: a copy of the options, a
 * look at encodings, hooks and sublevels. Without that a row costs this thread half as much.
 */
interface NativeBatch {
  _put(key: Uint8Array, value: Uint8Array): void;
  _del(key: Uint8Array): void;
  _write(options: { readonly sync: boolean }): Promise<void>;
  _clear(): void;
}

/** What `Level` has on Node but, being universal, does not declare. */
interface Sized {
  approximateSize(start: string, end: string): Promise<number>;
}

function writeBufferFor(stateBytes = 128 * MiB): number {
  return Math.min(128 * MiB, Math.max(4 * MiB, Math.floor(stateBytes / 8)));
}

/**
 * Opens (or creates) a LevelDB folder. Several threads of one process may open the same one; another process gets
 * STATE_LOCKED.
 */
export async function openLevelStore(folder: string, options: LevelStoreOptions = {}): Promise<LevelStore> {
  const path = resolve(folder); // threads share a database by its location, so all must spell it alike
  const settings = {
    keyEncoding: 'utf8',
    valueEncoding: 'buffer',
    multithreading: true,
    cacheSize: options.blockCacheBytes ?? 32 * MiB,
    writeBufferSize: options.writeBufferBytes ?? writeBufferFor(options.stateBytes),
  };
  try {
    await mkdir(path, { recursive: true });
    await checkFiles(path);
    const db = new Level<string, Buffer>(path, settings);
    await db.open();
    return new LevelStore(path, db);
  } catch (cause) {
    throw storeError(cause, path);
  }
}
