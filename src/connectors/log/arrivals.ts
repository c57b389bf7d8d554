import type { Clock } from '../../core/clock.ts';

/** Wakes waiting fetches when something was committed. All of them look again: there are few, and looking is cheap. */
export class Arrivals {
  #current = new Arrival();

  /** The next arrival after this call. */
  next(): Arrival {
    return this.#current;
  }

  announce(): void {
    const { fire } = this.#current;
    this.#current = new Arrival();
    fire();
  }
}

class Arrival {
  readonly fire: () => void;
  readonly #fired: Promise<void>;

  constructor() {
    const { promise, resolve } = withResolvers();
    this.#fired = promise;
    this.fire = resolve;
  }

  /** Resolves on arrival or after `timeoutMs`; rejects with the reason of the first signal that is aborted. */
  async wait(clock: Clock, timeoutMs: number, signals: readonly AbortSignal[]): Promise<void> {
    for (const signal of signals) signal.throwIfAborted();
    const { promise, resolve, reject } = withResolvers();
    const timer = clock.schedule(timeoutMs, resolve);
    const onAbort = ({ target }: Event): void => {
      reject((target as AbortSignal).reason);
    };
    for (const signal of signals) signal.addEventListener('abort', onAbort);
    try {
      await Promise.race([this.#fired, promise]);
    } finally {
      timer.cancel();
      for (const signal of signals) signal.removeEventListener('abort', onAbort);
    }
  }
}

function withResolvers(): { promise: Promise<void>; resolve: () => void; reject: (reason: unknown) => void } {
  let resolve!: () => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
