/**
 * Time as an injected port. This file is the only place in src/ that may touch Date, timers and the event loop; tests
 * and the simulator pass their own Clock, so nothing in the engine depends on wall time.
 */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall time, milliseconds since the epoch. May jump. */
  now(): number;
  /** Monotonic time in milliseconds with sub-millisecond precision, for measuring durations. */
  monotonic(): number;
  /** Calls `callback` once, not before `delayMs` have passed. */
  schedule(delayMs: number, callback: () => void): Timer;
  /** Resolves after other pending work (I/O, timers, messages) had its turn. */
  yield(): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(delayMs, callback) {
    const handle = setTimeout(callback, delayMs);
    return {
      cancel: () => {
        clearTimeout(handle);
      },
    };
  },
  yield: () => new Promise((resolve) => setImmediate(resolve)),
};

/** Resolves after `delayMs`; rejects with the signal's reason when it is aborted first. */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    const timer = clock.schedule(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** A source of randomness in [0, 1), injected like the clock (back-off jitter, simulator). */
export type Random = () => number;

export const systemRandom: Random = () => Math.random();
