/**
 * Fills an empty LevelDB folder with tables made beside it, which costs a fraction of writing the rows one by one: there is
 * no log, no memory table, and nothing is merged.
 *
 *   records --> buffer --full--> sorted, written as a table (loader thread) --> ... --finish--> manifest
 */
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordBatch } from '../../../core/record-batch.ts';
import type { StreamError } from '../../../core/stream-error.ts';
import { storeWriteError } from '../store-error.ts';
import { removeFolder } from './remove-folder.ts';
import { extentOf, RowBuffer } from './row-buffer.ts';
import type { TableBuilder } from './table-builder.ts';
import type { BuiltTable } from './build-table.ts';
import { MOST_TABLES, tableName, writeManifest } from './write-manifest.ts';

export class TableLoad {
  readonly folder: string;
  readonly #builder: TableBuilder;
  readonly #tables: Promise<BuiltTable>[] = [];
  /** Undefined while `#room` waits for the next one. */
  #buffer: RowBuffer | undefined;
  #room: Promise<void> = Promise.resolve();
  #failure: StreamError | undefined;
  #ended = false;

  private constructor(folder: string, builder: TableBuilder) {
    this.folder = folder;
    this.#builder = builder;
  }

  /** `folder` does not exist. */
  static async start(folder: string, builder: TableBuilder): Promise<TableLoad> {
    const load = new TableLoad(folder, builder);
    builder.enter();
    try {
      await mkdir(folder, { recursive: true });
      load.#buffer = await builder.buffer();
      return load;
    } catch (error) {
      load.#end();
      throw storeWriteError(error, folder);
    }
  }

  /** Takes the records of a batch as rows; false: there is no room for them. `room` must have resolved. */
  add(batch: RecordBatch): boolean {
    const extent = extentOf(batch);
    if (!RowBuffer.hasRoomFor(batch, extent)) return false;
    if (this.#buffer!.add(batch, extent)) return true;
    if (this.#tables.length + 1 === MOST_TABLES) return false;
    this.#seal();
    this.#buffer = this.#builder.freeBuffer();
    if (this.#buffer === undefined) {
      const kept = copyOf(batch);
      this.#room = this.#builder.buffer().then((buffer) => {
        this.#buffer = buffer;
        buffer.add(kept, extent);
      });
    } else this.#buffer.add(batch, extent);
    return true;
  }

  /** Resolves when the next records may come. Fails when a table could not be written. */
  async room(): Promise<void> {
    await this.#room;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** The ranges that the rows lie in. None: there were no rows, and there is no folder. */
  async finish(): Promise<ReadonlySet<string>> {
    await this.#room;
    if (this.#buffer!.count > 0) this.#seal();
    const tables = await Promise.all(this.#tables);
    if (tables.length === 0) {
      await this.abort();
      return new Set();
    }
    try {
      await writeManifest(this.folder, tables);
    } catch (error) {
      throw storeWriteError(error, this.folder);
    }
    this.#end();
    return new Set(tables.flatMap(({ ranges }) => [...ranges]));
  }

  /** Gives up: nothing is left when this resolves. */
  async abort(): Promise<void> {
    await this.#room;
    await Promise.allSettled(this.#tables);
    this.#end();
    await removeFolder(this.folder);
  }

  #seal(): void {
    const path = join(this.folder, tableName(this.#tables.length));
    const sequence = this.#tables.length + 1;
    const table = this.#builder.build(path, this.#buffer!, sequence).then(async (built) => {
      await sync(path);
      return built;
    });
    table.catch((error: unknown) => (this.#failure ??= error as StreamError)); // told by room or finish
    this.#tables.push(table);
    this.#buffer = undefined;
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#buffer !== undefined) this.#builder.release(this.#buffer);
    this.#buffer = undefined;
    this.#builder.leave();
  }
}

function copyOf(batch: RecordBatch): RecordBatch {
  const { slab, count, keyStarts, keyEnds, valueStarts, valueEnds } = batch;
  const keys = { keyStarts: keyStarts.slice(0, count), keyEnds: keyEnds.slice(0, count) };
  const values = { valueStarts: valueStarts.slice(0, count), valueEnds: valueEnds.slice(0, count) };
  return { ...batch, slab: Buffer.from(slab), ...keys, ...values };
}

async function sync(path: string): Promise<void> {
  try {
    const file = await open(path, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw storeWriteError(error, path);
  }
}
