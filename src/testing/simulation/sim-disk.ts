/**
 * The disk of a simulated machine: rows that outlive the process. Batches are written whole; those after the last sync
 * may be lost from the end when the machine, and not only the process, goes down.
 *
 *   synced | batch | batch | batch        power loss keeps a prefix of the batches
 */
import { compareText } from '../../core/compare-text.ts';
import type { Random } from '../../core/clock.ts';
import type { RowBatch } from '../../core/row-batch.ts';
import { randomInt } from './seeded-random.ts';

export type DiskChange = readonly [key: string, value: Buffer | undefined];

export class SimDisk {
  #rows = new Map<string, Buffer>();
  #synced = new Map<string, Buffer>();
  #unsynced: (readonly DiskChange[])[] = [];

  get(key: string): Buffer | undefined {
    return this.#rows.get(key);
  }

  /** Keys of a range in ascending order of their bytes. */
  keys(from: string, to: string): string[] {
    const keys: string[] = [];
    for (const key of this.#rows.keys()) if (compareText(key, from) >= 0 && compareText(key, to) < 0) keys.push(key);
    return keys.sort(compareText);
  }

  write(changes: readonly DiskChange[], sync: boolean): void {
    apply(this.#rows, changes);
    this.#unsynced.push(changes);
    if (!sync) return;
    for (const batch of this.#unsynced.splice(0)) apply(this.#synced, batch);
  }

  /** The machine loses power. Returns the number of batches lost. */
  losePower(random: Random): number {
    const kept = randomInt(random, 0, this.#unsynced.length + 1);
    const lost = this.#unsynced.length - kept;
    for (const batch of this.#unsynced.splice(0).slice(0, kept)) apply(this.#synced, batch);
    this.#rows = new Map(this.#synced);
    return lost;
  }

  wipe(): void {
    this.#rows = new Map();
    this.#synced = new Map();
    this.#unsynced = [];
  }
}

/** The changes of row batches, copied. */
export function changesOf(batches: readonly RowBatch[]): DiskChange[] {
  return batches.flatMap((batch) =>
    Array.from({ length: batch.count }, (_, i): DiskChange => {
      const value = batch.value(i);
      return [batch.key(i), value === undefined ? undefined : Buffer.from(value)];
    }),
  );
}

function apply(rows: Map<string, Buffer>, changes: readonly DiskChange[]): void {
  for (const [key, value] of changes) {
    if (value === undefined) rows.delete(key);
    else rows.set(key, value);
  }
}
