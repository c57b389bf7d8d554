import { Worker as Thread } from 'node:worker_threads';
import type { StreamError } from '../../../core/stream-error.ts';
import { threadEntry } from '../../../core/thread-entry.ts';
import { storeWriteError } from '../store-error.ts';
import type { BuildAnswer, BuildRequest } from './loader-messages.ts';
import type { RowBuffer } from './row-buffer.ts';
import type { BuiltTable } from './build-table.ts';

interface Build {
  readonly path: string;
  readonly resolve: (table: BuiltTable) => void;
  readonly reject: (error: StreamError) => void;
}

/** A thread that builds tables, one after the other. It takes a while to start, so it starts with this. */
export class Loader {
  readonly #thread: Thread;
  readonly #builds = new Map<number, Build>();
  #lastId = 0;
  #failure: StreamError | undefined;

  constructor() {
    const entry = threadEntry('state/leveldb/load/loader-thread');
    this.#thread = new Thread(entry.code, { eval: entry.eval });
    this.#thread.unref(); // an idle one keeps no process alive
    this.#thread.on('message', ({ id, result }: BuildAnswer) => {
      const { path, resolve, reject } = this.#builds.get(id)!;
      this.#builds.delete(id);
      if (this.#builds.size === 0) this.#thread.unref();
      if (typeof result === 'string') reject(storeWriteError(new Error(result), path));
      else resolve(result);
    });
    this.#thread.on('error', (error) => {
      this.#failure = storeWriteError(error, 'a loader thread');
      for (const { reject } of this.#builds.values()) reject(this.#failure);
      this.#builds.clear();
    });
  }

  /** Builds under way and waiting. */
  get load(): number {
    return this.#builds.size;
  }

  /** Writes a table of the rows of a buffer, which must not change meanwhile. Fails with what writing a file can meet. */
  build(path: string, { memory: rows, count, byteLength }: RowBuffer, sequence: number): Promise<BuiltTable> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#builds.set(id, { path, resolve, reject });
      this.#thread.ref();
      this.#thread.postMessage({ id, path, sequence, rows, count, byteLength } satisfies BuildRequest);
    });
  }

  /** Nothing is being built. */
  async close(): Promise<void> {
    await this.#thread.terminate();
  }
}
