/**
 * How old a copy of a changelog is: no deletion that came before the time `at` is missing in it.
 *
 *   begun, or gone on from a position     an end is asked for     that end is passed
 *   ---------------|------------------------------|-----------------------|-----------> wall time
 *                  at ....................................................'
 *                                                 at .................................
 *
 * A deletion can be read for a while after it came (delete.retention.ms), then compaction takes it away. A copy that is
 * older may have read past its place, and would keep the row for ever. So `at` moves only when an end has been passed, and
 * only to when that end was asked for: what was deleted on the way lies behind it.
 */
import { usuallyKeptMs } from './changelog-position.ts';

export class CopyAge {
  readonly #keptMs: number;
  #at: number;
  #end: number;
  #askedAt: number;

  /** `askedAt`: wall time before which nothing behind `end` had come, ms. `keptMs`: as far as the topic says it. */
  constructor(at: number, end: number, askedAt: number, keptMs = usuallyKeptMs) {
    this.#at = at;
    this.#end = end;
    this.#askedAt = askedAt;
    this.#keptMs = keptMs;
  }

  get at(): number {
    return this.#at;
  }

  /** The copy has come to `offset`; `end`: as it was at `askedAt`. */
  came(offset: number, end: number, askedAt: number): void {
    if (offset >= this.#end) {
      this.#at = Math.max(this.#at, this.#askedAt);
      this.#end = end;
      this.#askedAt = askedAt;
    }
    if (offset >= end) this.#at = Math.max(this.#at, askedAt);
  }

  /** What was read by now may lack deletions. The last quarter is for clocks, and for replicas that are behind. */
  isTooOld(now: number): boolean {
    return now - this.#at > 0.75 * this.#keptMs;
  }
}
