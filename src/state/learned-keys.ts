/**
 * Which keys a state has that had rows already when it was opened (a restart, a moved task). Reading all of them at once
 * would cost as much as that many reads of keys that are not there, which nobody may ever ask for. So reads that found
 * nothing pay for it: each for two rows, a portion at a time, beside the processing.
 *
 *   rows in key order   [ learned: the filter answers )[ not yet: the store answers ]
 *                                                     ^ position
 *
 * Whoever evicts a cell adds its key. So the filter has every key before the position that the store has and the cache has
 * not, whatever was written since. No iterator stays open between portions, which would keep LevelDB from tidying up.
 */
import { compareText } from '../core/compare-text.ts';
import type { Key } from '../core/partitioner.ts';
import type { Row, Store } from '../core/store.ts';
import { prefixEnd } from '../core/store.ts';
import type { CellFormat } from './cell-format.ts';
import { PresenceFilter } from './presence-filter.ts';
import { keyPart } from './row-keys.ts';

const ROWS_PER_READ = 2;

export class LearnedKeys {
  readonly #filter = new PresenceFilter();
  readonly #store: Store;
  readonly #end: string;
  readonly #format: CellFormat;
  readonly #portion: number;
  #position: string;
  #paid = 0;
  #busy = false;
  #stopped = false;

  constructor(store: Store, prefix: string, format: CellFormat, portion: number) {
    this.#store = store;
    this.#position = prefix;
    this.#end = prefixEnd(prefix);
    this.#format = format;
    this.#portion = portion;
  }

  add(key: Key): void {
    this.#filter.add(key);
  }

  /** False: the store has no row of the key. */
  mayHave(key: Key, rowKey: string): boolean {
    return compareText(rowKey, this.#position) >= 0 || this.#filter.mayHave(key);
  }

  /** A read found nothing. */
  missed(): void {
    this.#paid += ROWS_PER_READ;
    if (this.#paid < this.#portion || this.#busy || this.#stopped) return;
    this.#paid -= this.#portion;
    void this.#learn();
  }

  stop(): void {
    this.#stopped = true;
  }

  async #learn(): Promise<void> {
    this.#busy = true;
    try {
      let count = 0;
      const range = { from: this.#position, to: this.#end, limit: this.#portion };
      for await (const rows of this.#store.scan(range)) {
        if (this.#stopped) return;
        count += rows.length;
        this.#take(rows);
      }
      if (count < this.#portion) {
        this.#position = this.#end;
        this.#stopped = true;
      }
    } catch {
      this.#stopped = true; // it only saves reads: a store that is damaged or closed is met by those that need it
    } finally {
      this.#busy = false;
    }
  }

  #take(rows: readonly Row[]): void {
    for (const { key } of rows) {
      const owner = this.#format.ownerOf(keyPart(key));
      if (owner !== undefined) this.#filter.add(owner);
    }
    const last = rows.at(-1);
    if (last !== undefined) this.#position = `${last.key}\0`;
  }
}
