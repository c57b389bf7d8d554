import type { ValueState } from '../core/state-spec.ts';
import type { Cell } from './cell.ts';
import type { ExpiryIndex } from './expiry-index.ts';
import type { KeyedTable } from './keyed-table.ts';
import type { Stamped, TimeToLive } from './time-to-live.ts';

/** A value per key that disappears some time after it was written (or read). */
export class ExpiringValueHandle<T> implements ValueState<T> {
  readonly #table: KeyedTable;
  readonly #ttl: TimeToLive;
  readonly #index: ExpiryIndex;
  #cell: Cell | undefined;
  #turn = -1;

  constructor(table: KeyedTable, ttl: TimeToLive, index: ExpiryIndex) {
    this.#table = table;
    this.#ttl = ttl;
    this.#index = index;
  }

  get(): T | undefined {
    const cell = this.#current();
    const stamped = cell.value as Stamped | undefined;
    if (stamped === undefined || !this.#ttl.isLive(stamped)) return undefined;
    if (this.#ttl.refreshOnRead) this.#table.write(cell, this.#ttl.stamp(stamped.value));
    return stamped.value as T;
  }

  set(value: T): void {
    if (value === undefined) {
      this.clear();
      return;
    }
    const cell = this.#current();
    const stamped = this.#ttl.stamp(value);
    // A value that is there has its place in the index already, which moves when it comes up.
    if (cell.value === undefined) this.#index.add(stamped.expiry, String(cell.key));
    this.#table.write(cell, stamped);
  }

  clear(): void {
    this.#table.clear(this.#current());
  }

  /** Called by the sweeper: removes the value of a key if it expired, or gives its place in the index. */
  sweep(keyText: string): void {
    const cell = this.#table.cellOf(this.#table.scope.parse(keyText));
    const stamped = cell.value as Stamped | undefined;
    if (stamped === undefined) return;
    if (!this.#ttl.isLive(stamped)) {
      this.#table.clear(cell);
      return;
    }
    let { expiry } = stamped;
    if (expiry === Infinity) {
      // Written before TTL or the first watermark: its life begins now.
      const fresh = this.#ttl.stamp(stamped.value);
      this.#table.write(cell, fresh);
      expiry = fresh.expiry;
    }
    this.#index.add(expiry, keyText);
  }

  #current(): Cell {
    const { turn } = this.#table.scope;
    if (this.#turn !== turn || this.#cell === undefined) {
      this.#cell = this.#table.seek();
      this.#turn = turn;
    }
    return this.#cell;
  }
}
