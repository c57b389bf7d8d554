import type { Key } from '../core/partitioner.ts';

/** `epoch` of a cell that is not in its table's map: a miss that was only read costs no map entry. */
export const DETACHED = -1;

/**
 * What the cache knows of one key in one state. All cells have one shape. `value` undefined: nothing is stored.
 *
 *   detached ── first write ──> touched in epoch n ── collect ──> in flight ── committed ──> clean
 *                                     ^                                                        │
 *   read from the store ── clean ─────┴───────────────────────── write ───────────────────────┘
 *
 * Clean cells may be evicted; clean cells without a value go when the commit that emptied them is confirmed.
 */
export class Cell {
  key: Key;
  value: unknown = undefined;
  /** Epoch of the last change; 0: none since it was read. */
  epoch = DETACHED;
  /** Looked up since the eviction hand last passed. */
  used = true;
  /** The store has a row for it, or will have with the commit in flight. */
  stored = false;

  constructor(key: Key) {
    this.key = key;
  }
}
