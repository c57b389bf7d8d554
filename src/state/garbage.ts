/**
 * Rows of lists and maps that were dropped as a whole. They are unreachable at once, because what comes after has another
 * incarnation; this deletes them in bounded steps, over as many commits as it takes.
 *
 * A piece that was not finished in the commit that dropped it has a row of its own, so that a restart goes on with it.
 *   key part: <piece number, 9 characters>   value: JSON of the piece
 */
import type { RowBatch } from '../core/row-batch.ts';
import { prefixEnd } from '../core/store.ts';
import type { Store } from '../core/store.ts';
import { keyPart } from './row-keys.ts';
import { parseTime, timeText } from './time-text.ts';

export interface GarbagePiece {
  readonly state: string;
  /** Row keys begin with it: state prefix, key, incarnation. */
  readonly rows: string;
  /** Pages of a list, or the chunk of a map to go on with. */
  readonly from: number;
  readonly to: number;
}

/** Deletes some rows of a piece; returns the number of rows and what is left of the piece. */
export type Disposal = (
  piece: GarbagePiece,
  limit: number,
  rows: RowBatch,
) => readonly [number, GarbagePiece | undefined];

const ROWS_PER_COLLECT = 2_000;

export class Garbage {
  readonly #prefix: string;
  readonly #store: Store | undefined;
  readonly #disposals = new Map<string, Disposal>();
  #pieces = new Map<number, GarbagePiece>();
  #stored = new Set<number>();
  #next = 0;

  constructor(prefix: string, store: Store | undefined) {
    this.#prefix = prefix;
    this.#store = store;
  }

  handle(state: string, dispose: Disposal): void {
    this.#disposals.set(state, dispose);
  }

  async load(): Promise<void> {
    this.#pieces = new Map();
    this.#stored = new Set();
    this.#next = 0;
    if (this.#store === undefined) return;
    for await (const rows of this.#store.scan({ from: this.#prefix, to: prefixEnd(this.#prefix) })) {
      for (const { key, value } of rows) {
        const number = parseTime(keyPart(key)).time;
        this.#pieces.set(number, JSON.parse(value.toString()) as GarbagePiece);
        this.#stored.add(number);
        this.#next = number + 1;
      }
    }
  }

  add(piece: GarbagePiece): void {
    this.#pieces.set(this.#next++, piece);
  }

  collect(rows: RowBatch): void {
    let left = ROWS_PER_COLLECT;
    for (const [number, piece] of this.#pieces) {
      const [deleted, rest] = this.#disposals.get(piece.state)?.(piece, left, rows) ?? [0, undefined];
      left -= deleted;
      const key = this.#prefix + timeText(number);
      if (rest === undefined) {
        this.#pieces.delete(number);
        if (this.#stored.delete(number)) rows.delete(key);
      } else {
        this.#pieces.set(number, rest);
        this.#stored.add(number);
        rows.putBytes(key, Buffer.from(JSON.stringify(rest)));
      }
      if (left <= 0) break;
    }
    // What was not even begun must not be forgotten by a crash.
    for (const [number, piece] of this.#pieces) {
      if (this.#stored.has(number)) continue;
      this.#stored.add(number);
      rows.putBytes(this.#prefix + timeText(number), Buffer.from(JSON.stringify(piece)));
    }
  }
}
