/** Work to be finished before any more input is fed: first come, first served, each advancer once. */
import type { Advancer } from '../operators/host.ts';

export class AdvanceQueue {
  readonly #waiting = new Set<Advancer>();
  #running: Advancer | undefined;

  get active(): boolean {
    return this.#running !== undefined || this.#waiting.size > 0;
  }

  schedule(advancer: Advancer): void {
    this.#waiting.add(advancer);
  }

  /** Lets the first advancer do a bounded amount of work. A promise: wait for it before the next call. */
  step(): undefined | Promise<void> {
    const first = this.#waiting.values().next().value;
    if (first === undefined) return undefined;
    this.#waiting.delete(first);
    this.#running = first;
    let result: boolean | Promise<void>;
    try {
      result = first.advance();
    } finally {
      this.#running = undefined;
    }
    if (result === true) return undefined;
    this.#waiting.add(first);
    return result === false ? undefined : result;
  }

  clear(): void {
    this.#waiting.clear();
  }
}
