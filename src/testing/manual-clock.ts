/** A clock that stands still until a test moves it. */
import { systemClock, type Clock, type Timer } from '../core/clock.ts';
import { toMs, type Duration } from '../core/duration.ts';

interface PendingTimer extends Timer {
  readonly time: number;
  readonly callback: () => void;
}

export class ManualClock implements Clock {
  readonly #timers: PendingTimer[] = []; // ascending by time, then by order of scheduling
  readonly #epoch: number;
  readonly #settle: () => Promise<void>;
  #elapsed = 0;

  /** `start`: wall time at the beginning, milliseconds since the epoch. `settle`: waits for what a timer started. */
  constructor(start = Date.UTC(2026, 0, 1), settle: () => Promise<void> = () => systemClock.yield()) {
    this.#epoch = start;
    this.#settle = settle;
  }

  now(): number {
    return this.#epoch + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  schedule(delayMs: number, callback: () => void): Timer {
    const timer: PendingTimer = {
      time: this.#elapsed + Math.max(0, delayMs),
      callback,
      cancel: () => {
        const index = this.#timers.indexOf(timer);
        if (index >= 0) this.#timers.splice(index, 1);
      },
    };
    let at = this.#timers.length;
    while (at > 0 && this.#timers[at - 1]!.time > timer.time) at--;
    this.#timers.splice(at, 0, timer);
    return timer;
  }

  yield(): Promise<void> {
    return systemClock.yield();
  }

  /** Number of timers that wait: a component that was closed has none left. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Milliseconds until the next timer; undefined: there is none. */
  get nextDelay(): number | undefined {
    const [first] = this.#timers;
    return first === undefined ? undefined : Math.max(0, first.time - this.#elapsed);
  }

  /**
   * Moves time and fires what falls due, in order, each timer at its own time. What a timer started settles before the
   * next one fires, so a chain of delays inside the span runs as it would in real time.
   */
  async advance(duration: Duration): Promise<void> {
    const target = this.#elapsed + toMs(duration, 'advance');
    await this.#settle();
    while (this.#timers.length > 0 && this.#timers[0]!.time <= target) {
      const timer = this.#timers.shift()!;
      this.#elapsed = Math.max(this.#elapsed, timer.time);
      timer.callback();
      await this.#settle();
    }
    this.#elapsed = target;
  }

  /** Moves time to a moment in the future (milliseconds since the epoch). */
  async advanceTo(time: number): Promise<void> {
    await this.advance(Math.max(0, time - this.now()));
  }
}
