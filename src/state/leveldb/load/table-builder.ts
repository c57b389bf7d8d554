/**
 * The thread that builds tables, and the buffers that rows wait in for it. There is one while something is being loaded;
 * memory is bounded by the number of buffers, whoever needs one more waits.
 */
import { Worker as Thread } from 'node:worker_threads';
import { StreamError } from '../../../core/stream-error.ts';
import { threadEntry } from '../../../core/thread-entry.ts';
import { storeWriteError } from '../store-error.ts';
import type { BuildAnswer, BuildRequest } from './loader-messages.ts';
import { RowBuffer } from './row-buffer.ts';
import type { TableFile } from './table-writer.ts';

const mostBuffers = 6;

interface Waiting {
  readonly path: string;
  readonly buffer: RowBuffer;
  readonly resolve: (table: TableFile) => void;
  readonly reject: (error: StreamError) => void;
}

export class TableBuilder {
  #thread: Thread | undefined;
  #users = 0;
  #made = 0;
  #free: RowBuffer[] = [];
  readonly #wanting: ((buffer: RowBuffer) => void)[] = [];
  readonly #building = new Map<number, Waiting>();
  #lastId = 0;

  /** The thread and the buffers stay until all who called this have left. */
  enter(): void {
    this.#users++;
    this.#running(); // it takes a while to start
  }

  leave(): void {
    this.#users--;
    if (this.#users > 0) return;
    this.#free = [];
    this.#made = 0;
    void this.#thread?.terminate();
    this.#thread = undefined;
  }

  /** An empty buffer, to be given to `build` or `release`. */
  buffer(): Promise<RowBuffer> {
    const free = this.#free.pop();
    if (free !== undefined) return Promise.resolve(free);
    if (this.#made < mostBuffers) {
      this.#made++;
      return Promise.resolve(new RowBuffer());
    }
    return new Promise((resolve) => this.#wanting.push(resolve));
  }

  release(buffer: RowBuffer): void {
    buffer.clear();
    const next = this.#wanting.shift();
    if (next === undefined) this.#free.push(buffer);
    else next(buffer);
  }

  /** Writes a table of the rows of a buffer, which is released. Fails with what writing a file can meet. */
  build(path: string, buffer: RowBuffer, sequence: number): Promise<TableFile> {
    const id = ++this.#lastId;
    const { memory: rows, count, byteLength } = buffer;
    return new Promise((resolve, reject) => {
      this.#building.set(id, { path, buffer, resolve, reject });
      const thread = this.#running();
      thread.ref(); // an idle one keeps no process alive
      thread.postMessage({ id, path, sequence, rows, count, byteLength } satisfies BuildRequest);
    });
  }

  #running(): Thread {
    if (this.#thread !== undefined) return this.#thread;
    const entry = threadEntry('state/leveldb/load/loader-thread');
    const thread = new Thread(entry.code, { eval: entry.eval });
    thread.on('message', (answer: BuildAnswer) => {
      this.#answered(answer);
    });
    thread.on('error', (error) => {
      if (this.#thread !== thread) return;
      this.#thread = undefined;
      for (const { path, buffer, reject } of this.#building.values()) {
        this.release(buffer);
        reject(storeWriteError(error, path));
      }
      this.#building.clear();
    });
    thread.unref();
    return (this.#thread = thread);
  }

  #answered({ id, result }: BuildAnswer): void {
    const waiting = this.#building.get(id)!;
    this.#building.delete(id);
    if (this.#building.size === 0) this.#thread?.unref();
    this.release(waiting.buffer);
    if (typeof result === 'string') waiting.reject(storeWriteError(new Error(result), waiting.path));
    else waiting.resolve(result);
  }
}
