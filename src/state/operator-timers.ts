import type { TimeDomain } from '../core/process-function.ts';
import type { TimerState } from './backend.ts';
import type { KeyScope } from './key-scope.ts';
import type { TimerRows } from './timer-rows.ts';

/** The timers of an operator, bound to its current key. */
export class OperatorTimers implements TimerState {
  readonly #scope: KeyScope;
  readonly #event: TimerRows;
  readonly #processing: TimerRows;
  #takenTime = Number.NaN;

  constructor(scope: KeyScope, event: TimerRows, processing: TimerRows) {
    this.#scope = scope;
    this.#event = event;
    this.#processing = processing;
  }

  get takenTime(): number {
    return this.#takenTime;
  }

  get size(): number {
    return this.#event.size + this.#processing.size;
  }

  register(domain: TimeDomain, time: number): void {
    if (this.#scope.turn === 0) throw this.#scope.noKey();
    (domain === 'event' ? this.#event : this.#processing).add(time, this.#scope.key!);
  }

  delete(domain: TimeDomain, time: number): void {
    if (this.#scope.turn === 0) throw this.#scope.noKey();
    (domain === 'event' ? this.#event : this.#processing).delete(time, this.#scope.key!);
  }

  takeDue(domain: TimeDomain, time: number): boolean | 'loading' {
    const timers = domain === 'event' ? this.#event : this.#processing;
    const taken = timers.take(time);
    if (taken === true) {
      this.#takenTime = timers.takenTime;
      this.#scope.set(timers.takenKey);
    }
    return taken;
  }

  async ready(): Promise<void> {
    await Promise.all([this.#event.ready(), this.#processing.ready()]);
  }

  next(domain: TimeDomain): number {
    return (domain === 'event' ? this.#event : this.#processing).next();
  }
}
