import type { Random } from '../core/clock.ts';

/** Exponential back-off with jitter: delays of consecutive failures, begun again after a success. */
export class BackOff {
  readonly #initialMs: number;
  readonly #maxMs: number;
  readonly #random: Random;
  #failures = 0;

  constructor(initialMs: number, maxMs: number, random: Random) {
    this.#initialMs = initialMs;
    this.#maxMs = maxMs;
    this.#random = random;
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** Counts a failure and returns how long to wait, milliseconds: doubled each time, +-10 %. */
  next(): number {
    const delayMs = Math.min(this.#maxMs, this.#initialMs * 2 ** this.#failures);
    this.#failures++;
    return delayMs * (0.9 + 0.2 * this.#random());
  }

  succeeded(): void {
    this.#failures = 0;
  }
}
