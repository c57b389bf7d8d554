/** Work to be finished before any more input is fed: first come, first served, each advancer once. */
import type { Advancer } from '../operators/host.ts';

export class AdvanceQueue {
  readonly #waiting = new Map<Advancer, object>();
  #running: Advancer | undefined;

  get active(): boolean {
    return this.#running !== undefined || this.#waiting.size > 0;
  }

  /** `owner`: the task it works for. */
  schedule(advancer: Advancer, owner: object): void {
    this.#waiting.set(advancer, owner);
  }

  /** Forgets the work of a task that was given up: its new owner does it. */
  drop(owner: object): void {
    for (const [advancer, its] of this.#waiting) if (its === owner) this.#waiting.delete(advancer);
  }

  /** Lets the first advancer do a bounded amount of work. A promise: wait for it before the next call. */
  step(): undefined | Promise<void> {
    const next = this.#waiting.entries().next().value;
    if (next === undefined) return undefined;
    const [first, owner] = next;
    this.#waiting.delete(first);
    this.#running = first;
    let result: boolean | Promise<void>;
    try {
      result = first.advance();
    } finally {
      this.#running = undefined;
    }
    if (result === true) return undefined;
    this.#waiting.set(first, owner);
    return result === false ? undefined : result;
  }

  clear(): void {
    this.#waiting.clear();
  }
}
