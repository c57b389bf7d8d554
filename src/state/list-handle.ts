import type { ListState } from '../core/state-spec.ts';
import type { Cell } from './cell.ts';
import type { ExpiryIndex } from './expiry-index.ts';
import type { KeyedTable } from './keyed-table.ts';
import { ListBody } from './list-body.ts';
import type { ListFormat } from './list-format.ts';
import type { Stamped, TimeToLive } from './time-to-live.ts';

/** A list per key. With TTL each entry is stamped; the index has one place per list, for its earliest entries. */
export class ListHandle<T> implements ListState<T> {
  readonly #table: KeyedTable;
  readonly #format: ListFormat;
  readonly #ttl: TimeToLive | undefined;
  readonly #index: ExpiryIndex | undefined;

  constructor(table: KeyedTable, format: ListFormat, ttl?: TimeToLive, index?: ExpiryIndex) {
    this.#table = table;
    this.#format = format;
    this.#ttl = ttl;
    this.#index = index;
  }

  get size(): number {
    const cell = this.#table.seek();
    const body = cell.value as ListBody | undefined;
    if (body === undefined) return 0;
    return this.#ttl === undefined ? body.size : this.#live(cell, body).length;
  }

  add(value: T): void {
    const cell = this.#table.seek();
    let body = cell.value as ListBody | undefined;
    const entry = this.#ttl === undefined ? value : this.#ttl.stamp(value);
    if (body === undefined || body.size === 0) this.#index?.add((entry as Stamped).expiry, String(cell.key));
    if (body === undefined) {
      body = new ListBody();
      this.#table.write(cell, body);
    } else {
      this.#table.change(cell);
    }
    body.add(entry);
    this.#table.weigh(1);
  }

  addAll(values: Iterable<T>): void {
    for (const value of values) this.add(value);
  }

  get(): readonly T[] {
    const cell = this.#table.seek();
    const body = cell.value as ListBody | undefined;
    if (body === undefined) return [];
    if (this.#ttl === undefined) return this.#all(cell, body) as readonly T[];
    const live = this.#live(cell, body);
    const values = live.map(({ value }) => value as T);
    if (this.#ttl.refreshOnRead && live.length > 0)
      this.#replace(
        cell,
        values.map((value) => this.#ttl!.stamp(value)),
      );
    return values;
  }

  set(values: readonly T[]): void {
    const cell = this.#table.seek();
    if (values.length === 0) {
      this.#clear(cell);
      return;
    }
    const entries = this.#ttl === undefined ? values.slice() : values.map((value) => this.#ttl!.stamp(value));
    if (cell.value === undefined || (cell.value as ListBody).size === 0) {
      this.#index?.add((entries[0] as Stamped).expiry, String(cell.key));
    }
    this.#replace(cell, entries);
  }

  clear(): void {
    this.#clear(this.#table.seek());
  }

  /** Called by the sweeper: drops what expired once that is at least half, and gives the list its next place. */
  sweep(keyText: string): void {
    const cell = this.#table.cellOf(this.#table.scope.parse(keyText));
    const body = cell.value as ListBody | undefined;
    if (body === undefined || body.size === 0) return;
    const all = this.#all(cell, body) as readonly Stamped[];
    let live: Stamped[] = this.#live(cell, body);
    if (live.length === 0) {
      this.#clear(cell);
      return;
    }
    const unset = live.some(({ expiry }) => expiry === Infinity);
    if (unset) live = live.map((entry) => (entry.expiry === Infinity ? this.#ttl!.stamp(entry.value) : entry));
    if (unset || live.length * 2 <= all.length) this.#replace(cell, live);
    const middle = live[Math.floor(live.length / 2)]!;
    this.#index!.add(middle.expiry, keyText);
  }

  #all(cell: Cell, body: ListBody): readonly unknown[] {
    const before = body.inMemory;
    const all = body.all((toPage) => this.#format.readPages(cell.key, body, toPage));
    this.#table.weigh(body.inMemory - before);
    return all;
  }

  #live(cell: Cell, body: ListBody): Stamped[] {
    const now = this.#ttl!.now();
    return (this.#all(cell, body) as readonly Stamped[]).filter(({ expiry }) => now < expiry);
  }

  #replace(cell: Cell, entries: unknown[]): void {
    const body = (cell.value as ListBody | undefined) ?? new ListBody();
    this.#table.weigh(entries.length - body.inMemory);
    this.#table.write(cell, body.replacement(entries));
  }

  #clear(cell: Cell): void {
    const body = cell.value as ListBody | undefined;
    if (body === undefined || (body.size === 0 && !body.hasPages)) return;
    if (body.hasPages) {
      this.#replace(cell, []);
      this.#table.emptied(cell);
    } else {
      this.#table.weigh(-body.inMemory);
      this.#table.clear(cell);
    }
  }
}
