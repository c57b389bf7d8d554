/**
 * The threads that build tables, and the buffers that rows wait in for them. They exist while something is being loaded;
 * memory is bounded by the number of buffers, whoever needs one more waits.
 */
import { availableParallelism } from 'node:os';
import { Loader } from './loader.ts';
import { RowBuffer } from './row-buffer.ts';
import type { BuiltTable } from './build-table.ts';

const mostBuffers = 6;

/** Two keep up with one thread that fetches. */
const mostLoaders = Math.min(2, availableParallelism());

export class TableBuilder {
  #loaders: readonly Loader[] = [];
  #users = 0;
  #made = 0;
  #free: RowBuffer[] = [];
  readonly #wanting: ((buffer: RowBuffer) => void)[] = [];

  /** Threads and buffers stay until all who called this have left. */
  enter(): void {
    if (this.#users++ === 0) this.#loaders = Array.from({ length: mostLoaders }, () => new Loader());
  }

  /** Nothing of the caller's is being built. */
  leave(): void {
    if (--this.#users > 0) return;
    this.#free = [];
    this.#made = 0;
    for (const loader of this.#loaders) void loader.close();
    this.#loaders = [];
  }

  /** An empty buffer, to be given to `build` or `release`. */
  buffer(): Promise<RowBuffer> {
    const free = this.freeBuffer();
    return free === undefined ? new Promise((resolve) => this.#wanting.push(resolve)) : Promise.resolve(free);
  }

  /** The same where nobody has to be waited for. */
  freeBuffer(): RowBuffer | undefined {
    const free = this.#free.pop();
    if (free !== undefined || this.#made === mostBuffers) return free;
    this.#made++;
    return new RowBuffer();
  }

  release(buffer: RowBuffer): void {
    buffer.clear();
    const next = this.#wanting.shift();
    if (next === undefined) this.#free.push(buffer);
    else next(buffer);
  }

  /** Writes a table of the rows of a buffer, which is released. Fails with what writing a file can meet. */
  async build(path: string, buffer: RowBuffer, sequence: number): Promise<BuiltTable> {
    const loader = this.#loaders.reduce((least, next) => (next.load < least.load ? next : least));
    try {
      return await loader.build(path, buffer, sequence);
    } finally {
      this.release(buffer);
    }
  }
}
