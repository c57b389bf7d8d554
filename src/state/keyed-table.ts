/**
 * The cache of one state of one operator: a cell per key, write-back over the store.
 *
 * A miss reads the store, unless the store is known not to have the key: a filter remembers what is there and not in the
 * cache. (A read costs 50 times a hit.) Of a range that was not empty when the task was opened it is learned bit by bit.
 *
 * Eviction is second chance: a hand goes round the cells in insertion order, spares those used since it last came, and
 * stops when enough was freed or its visits are used up.
 */
import { ByteReader } from '../core/byte-reader.ts';
import type { Key } from '../core/partitioner.ts';
import { checkKey } from '../core/partitioner.ts';
import type { RowBatch } from '../core/row-batch.ts';
import { prefixEnd } from '../core/store.ts';
import type { Store } from '../core/store.ts';
import { StreamError, messageOf } from '../core/stream-error.ts';
import { Cell, DETACHED } from './cell.ts';
import type { CellFormat } from './cell-format.ts';
import type { Epochs } from './epochs.ts';
import type { KeyScope } from './key-scope.ts';
import { LearnedKeys } from './learned-keys.ts';
import { PresenceFilter } from './presence-filter.ts';
import type { TaskContext } from './task-context.ts';
import type { UndoLog, Undoable } from './undo-log.ts';

/** A Map holds 2^24 entries. */
const MOST_CELLS = 2 ** 24 - 1;
/** Cell, map entry and key text, without the value. */
const CELL_BYTES = 144;
/** A list or map without its entries. */
const CONTAINER_BYTES = 240;
/** After so many cells it is known how large the others are. */
const FEW_CELLS = 1024;
/** A decoded value takes about this much more than its encoded form. */
const DECODED_FACTOR = 3;

export class KeyedTable implements Undoable {
  readonly name: string;
  readonly prefix: string;
  readonly scope: KeyScope;
  readonly #context: TaskContext;
  readonly #epochs: Epochs;
  readonly #scopeUndo: UndoLog;
  #format!: CellFormat;

  readonly #cells = new Map<Key, Cell>();
  #store: Store | undefined;
  /** What the store may have of what is not in `#cells`; undefined: anything. */
  #filter: PresenceFilter | undefined;
  /** In place of the filter where the range was not empty. */
  #learned: LearnedKeys | undefined;
  #spare: Cell | undefined;
  /** First touched in the current epoch, and in the one in flight. */
  #touched: Cell[] = [];
  #flying: Cell[] = [];
  /** Emptied in the current epoch, and in the one in flight. */
  #emptied: Cell[] = [];
  #flyingEmptied: Cell[] = [];
  /** Where eviction goes on. */
  #hand: Iterator<Cell> | undefined;
  /** Encoded size of values: sum and count of a sliding sample. */
  #sampledBytes = 16;
  #samples = 1;
  /** Entries of lists and maps in memory, as of when each was last written or read. */
  #entries = 0;

  constructor(name: string, prefix: string, scope: KeyScope, context: TaskContext) {
    this.name = name;
    this.prefix = prefix;
    this.scope = scope;
    this.#scopeUndo = scope.undo;
    this.#context = context;
    this.#epochs = context.epochs;
    this.#store = context.store;
    if (context.store === undefined) this.#filter = new PresenceFilter();
  }

  set format(format: CellFormat) {
    this.#format = format;
  }

  /** Learns whether the store has anything at all. */
  async load(): Promise<void> {
    const store = this.#store;
    if (store === undefined || this.#filter !== undefined) return;
    for await (const rows of store.scan({ from: this.prefix, to: prefixEnd(this.prefix), limit: 1 })) {
      if (rows.length === 0) continue;
      this.#learned ??= new LearnedKeys(store, this.prefix, this.#format, this.#context.rowsLearnedAtOnce);
      return;
    }
    this.#filter = new PresenceFilter();
    if (!this.#context.durable) this.#store = undefined;
  }

  /** The cell of the current key. Valid until the next turn of the scope. */
  seek(): Cell {
    const { key, turn } = this.scope;
    if (turn === 0) throw this.scope.noKey();
    const cell = this.#cells.get(key!);
    if (cell === undefined) return this.#miss(key!);
    cell.used = true;
    return cell;
  }

  /** The cell of any key, for sweeps. */
  cellOf(key: Key): Cell {
    return this.#cells.get(key) ?? this.#miss(key);
  }

  write(cell: Cell, value: unknown): void {
    if (cell.epoch !== this.#epochs.current) this.#firstTouch(cell);
    if (this.#scopeUndo.active) this.#scopeUndo.push(this, cell, this.#format.capture(cell.value));
    cell.value = value;
  }

  clear(cell: Cell): void {
    if (cell.value === undefined) return;
    this.write(cell, undefined);
    this.#emptied.push(cell);
  }

  /** The value has become empty without being undefined. */
  emptied(cell: Cell): void {
    this.#emptied.push(cell);
  }

  /** To be called before the inside of a value changes that `capture` remembers (lists). */
  change(cell: Cell): void {
    this.touch(cell);
    if (this.#scopeUndo.active) this.#scopeUndo.push(this, cell, this.#format.capture(cell.value));
  }

  /** To be called before the inside of a value changes that undoes itself (maps). */
  touch(cell: Cell): void {
    if (cell.epoch !== this.#epochs.current) this.#firstTouch(cell);
  }

  /** Entries inside values came or went. */
  weigh(entries: number): void {
    this.#entries = Math.max(0, this.#entries + entries); // reverts inside maps are not counted
  }

  #sample(bytes: number, values: number): void {
    if (this.#samples > 100_000) {
      this.#sampledBytes /= 2;
      this.#samples /= 2;
    }
    this.#sampledBytes += bytes;
    this.#samples += values;
  }

  undo(item: unknown, old: unknown): void {
    const cell = item as Cell;
    this.#entries -= this.#format.weight(cell.value);
    cell.value = this.#format.restore(old);
    this.#entries += this.#format.weight(cell.value);
    if (this.#format.isEmpty(cell.value)) this.#emptied.push(cell);
  }

  check(item: unknown, old: unknown): void {
    this.#format.check((item as Cell).value, old);
  }

  collect(rows: RowBatch): void {
    if (this.#context.durable) this.#encode(rows);
    this.#flyingEmptied = this.#emptied;
    this.#emptied = [];
  }

  committed(): void {
    const forgets = this.#store === undefined || (this.#filter !== undefined && this.#context.durable);
    for (const cell of this.#flyingEmptied) {
      if (cell.epoch > this.#epochs.confirmed || !this.#format.isEmpty(cell.value)) continue;
      if (forgets && this.#cells.get(cell.key) === cell) {
        this.#cells.delete(cell.key);
        cell.epoch = DETACHED;
      }
    }
    if (this.#flyingEmptied.length > 0) this.scope.invalidate();
    this.#flyingEmptied = [];
    this.#flying = [];
  }

  /** Drops what changed since the last confirmed epoch; the memory backend's values were put back by then. */
  rollback(): void {
    if (this.#context.durable) {
      for (const cells of [this.#touched, this.#flying]) {
        for (const cell of cells) {
          cell.stored = true; // also where this change removed the row: the store still has it
          if (this.#cells.get(cell.key) === cell) this.#evict(cell);
        }
      }
      this.#emptied = [];
    }
    this.#touched = [];
    this.#flying = [];
    this.#flyingEmptied = [];
    this.#spare = undefined;
    this.scope.invalidate();
  }

  /** Ends what goes on in the background. */
  close(): void {
    this.#learned?.stop();
  }

  get size(): number {
    return this.#cells.size;
  }

  get dirtyBytes(): number {
    return this.#touched.length * (CELL_BYTES + this.#sampledBytes / this.#samples);
  }

  get cachedBytes(): number {
    const value = (this.#sampledBytes / this.#samples) * DECODED_FACTOR;
    const { entryBytes } = this.#format;
    if (entryBytes === undefined) return this.#cells.size * (CELL_BYTES + value);
    return this.#cells.size * (CELL_BYTES + CONTAINER_BYTES) + this.#entries * (entryBytes + value);
  }

  /** Evicts clean cells until about `bytes` are freed. Visits a bounded number of cells; returns the bytes freed. */
  shrink(bytes: number): number {
    if (!this.#context.durable || this.#cells.size === 0) return 0;
    const before = this.cachedBytes;
    const perCell = before / this.#cells.size;
    let visits = Math.min(this.#cells.size * 2, Math.ceil(bytes / perCell) * 8 + 64);
    while (visits-- > 0 && before - this.cachedBytes < bytes) {
      let next = (this.#hand ??= this.#cells.values()).next();
      if (next.done === true) {
        this.#hand = this.#cells.values();
        next = this.#hand.next();
        if (next.done === true) break;
      }
      const cell = next.value;
      const clean = cell.epoch <= this.#epochs.confirmed;
      if (cell.used || !clean) {
        cell.used = false;
        this.#entries -= this.#format.trim(cell.value, clean);
      } else {
        this.#evict(cell);
      }
    }
    this.scope.invalidate();
    return before - this.cachedBytes;
  }

  /** Writes all that is in memory into a table that has the same rows below it (savepoint of the memory backend). */
  copyTo(other: KeyedTable): void {
    for (const cell of this.#cells.values()) {
      const copy = other.cellOf(cell.key);
      if (cell.value !== undefined || copy.value !== undefined) other.write(copy, other.#format.copy(cell.value));
    }
  }

  #encode(rows: RowBatch): void {
    const format = this.#format;
    const touched = this.#touched;
    const start = rows.values.length;
    let values = 0;
    for (let i = 0; i < touched.length; i++) {
      const cell = touched[i]!;
      if (i === FEW_CELLS) rows.values.ensure(((rows.values.length - start) / i) * (touched.length - i));
      try {
        values += format.encode(cell, rows);
      } catch (thrown) {
        const key = String(cell.key);
        throw StreamError.from(thrown, 'ENCODE_FAILED', { ...this.scope.place, key, path: this.name });
      }
    }
    if (values > 0) this.#sample(rows.values.length - start, values);
    this.#flying = touched;
    this.#touched = [];
  }

  #firstTouch(cell: Cell): void {
    if (cell.epoch === DETACHED) this.#attach(cell);
    const { epochs } = this.#context;
    if (this.#context.durable) this.#touched.push(cell);
    else epochs.undo.push(this, cell, this.#format.capture(cell.value));
    cell.epoch = epochs.current;
  }

  #attach(cell: Cell): void {
    if (this.#cells.size >= MOST_CELLS) {
      throw new StreamError(
        'STATE_FULL',
        `${this.name} holds ${String(MOST_CELLS)} keys in memory, a map cannot hold more`,
        {
          ...this.scope.place,
          remedy: 'Use the LevelDB backend, or more partitions.',
        },
      );
    }
    if (cell === this.#spare) this.#spare = undefined;
    this.#cells.set(cell.key, cell);
  }

  #miss(key: Key): Cell {
    if (this.#store !== undefined && this.#mayBeStored(key)) {
      checkKey(key); // refuses what no row can have been written for
      const cell = new Cell(key);
      const bytes = this.#store.get(this.#format.rowKey(key));
      if (bytes === undefined) {
        this.#learned?.missed();
      } else {
        cell.stored = true;
        cell.value = this.#decode(bytes, key);
        this.#entries += this.#format.weight(cell.value);
        this.#sample(bytes.length, Math.max(1, this.#format.weight(cell.value)));
      }
      this.#attach(cell);
      cell.epoch = 0; // clean; without a value it saves the next read
      return cell;
    }
    const spare = this.#spare;
    if (spare === undefined) {
      checkKey(key);
      return (this.#spare = new Cell(key));
    }
    if (spare.key !== key) {
      checkKey(key);
      spare.key = key;
    }
    return spare;
  }

  #mayBeStored(key: Key): boolean {
    if (this.#filter !== undefined) return this.#filter.mayHave(key);
    return this.#learned?.mayHave(key, this.#format.rowKey(key)) !== false;
  }

  #decode(bytes: Buffer, key: Key): unknown {
    try {
      return this.#format.decode(new ByteReader(bytes), key);
    } catch (thrown) {
      throw new StreamError('STATE_CORRUPT', `a row of '${this.name}' cannot be read: ${messageOf(thrown)}`, {
        ...this.scope.place,
        key: String(key),
        cause: thrown,
        remedy: 'Restore a savepoint into an empty folder.',
      });
    }
  }

  #evict(cell: Cell): void {
    this.#cells.delete(cell.key);
    this.#entries -= this.#format.weight(cell.value);
    if (cell.stored) {
      this.#filter?.add(cell.key);
      this.#learned?.add(cell.key);
    }
    cell.epoch = DETACHED;
  }
}
