import { open, rm, type FileHandle } from 'node:fs/promises';
import { ioError } from './io-error.ts';

interface Entry {
  readonly opening: Promise<FileHandle>;
  users: number;
}

/** Open files by path. At most `limit` of them stay open while nobody uses them; the one used longest ago goes first. */
export class FileHandles {
  readonly #limit: number;
  /** In order of last use. */
  readonly #entries = new Map<string, Entry>();

  constructor(limit = 64) {
    this.#limit = limit;
  }

  /** Runs `work` on the file; `create` makes it (or empties what is there) when it is not open yet. */
  async use<T>(path: string, work: (handle: FileHandle) => Promise<T>, create = false): Promise<T> {
    const entry = this.#entries.get(path) ?? { opening: open(path, create ? 'w+' : 'r+'), users: 0 };
    this.#entries.delete(path);
    this.#entries.set(path, entry);
    entry.users++;
    try {
      return await work(await entry.opening);
    } catch (error) {
      if (entry.users === 1) await this.#forget(path, entry);
      throw ioError(error, path);
    } finally {
      entry.users--;
      await this.#shrink(this.#limit);
    }
  }

  /** Closes and removes a file that nobody will use again. Reads that have begun end first. */
  async remove(path: string): Promise<void> {
    const entry = this.#entries.get(path);
    if (entry !== undefined && entry.users === 0) await this.#forget(path, entry);
    await rm(path, { force: true }); // an open handle stays readable; it is closed when its turn comes
  }

  async close(): Promise<void> {
    await this.#shrink(0);
  }

  async #shrink(limit: number): Promise<void> {
    if (this.#entries.size <= limit) return;
    for (const [path, entry] of [...this.#entries]) {
      if (this.#entries.size <= limit) return;
      if (entry.users === 0) await this.#forget(path, entry);
    }
  }

  async #forget(path: string, entry: Entry): Promise<void> {
    if (this.#entries.get(path) === entry) this.#entries.delete(path);
    const handle = await entry.opening.catch(() => undefined); // it never opened, so there is nothing to close
    await handle?.close();
  }
}
