import type { RowBatch } from '../core/row-batch.ts';
import type { TaskContext } from './task-context.ts';
import type { TimeToLive } from './time-to-live.ts';
import { TimerRows } from './timer-rows.ts';

/** Entries visited per collect, at least. */
const STEP = 1_000;

/**
 * What expires when, so that expired entries are deleted without looking at the others. Every stored entry has one place
 * in the index, at or before its expiry. The place is not moved when the entry is written again: the sweeper reads the
 * entry when its place comes up, and deletes it or gives it a new place.
 */
export class ExpiryIndex {
  readonly #rows: TimerRows;
  readonly #ttl: TimeToLive;
  #added = 0;

  constructor(prefix: string, context: TaskContext, ttl: TimeToLive) {
    this.#rows = new TimerRows(prefix, context, (text) => text);
    this.#ttl = ttl;
  }

  get prefix(): string {
    return this.#rows.prefix;
  }

  get dirtyBytes(): number {
    return this.#rows.dirtyBytes;
  }

  load(): Promise<void> {
    return this.#rows.load();
  }

  add(expiry: number, entry: string): void {
    this.#rows.add(this.#ttl.indexTime(expiry), entry);
    this.#added++;
  }

  /** Visits a bounded number of entries that are due; keeps up with twice the rate at which they come. */
  sweep(visit: (entry: string) => void): void {
    const now = this.#ttl.now();
    if (now === -Infinity) return;
    let left = Math.max(STEP, this.#added * 2);
    this.#added = 0;
    while (left-- > 0 && this.#rows.take(now) === true) visit(this.#rows.takenKey as string);
  }

  collect(rows: RowBatch): void {
    this.#rows.collect(rows);
  }

  committed(): void {
    this.#rows.committed();
  }

  rollback(): void {
    this.#rows.rollback();
  }
}
