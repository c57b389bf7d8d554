import type { ValueState } from '../core/state-spec.ts';
import type { Cell } from './cell.ts';
import type { KeyScope } from './key-scope.ts';
import type { KeyedTable } from './keyed-table.ts';

/** A value per key. The cell of the current key is looked up once per turn, so `get` + `set` cost one map lookup. */
export class ValueHandle<T> implements ValueState<T> {
  readonly #table: KeyedTable;
  readonly #scope: KeyScope;
  #cell: Cell | undefined;
  #turn = -1;

  constructor(table: KeyedTable) {
    this.#table = table;
    this.#scope = table.scope;
  }

  get(): T | undefined {
    return this.#current().value as T | undefined;
  }

  set(value: T): void {
    if (value === undefined) this.clear();
    else this.#table.write(this.#current(), value);
  }

  clear(): void {
    this.#table.clear(this.#current());
  }

  #current(): Cell {
    if (this.#turn !== this.#scope.turn || this.#cell === undefined) {
      this.#cell = this.#table.seek();
      this.#turn = this.#scope.turn;
    }
    return this.#cell;
  }
}
