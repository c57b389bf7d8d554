/**
 * Event time of an operator with one or more inputs: the minimum over inputs that are not idle. It never goes back. When
 * all inputs are idle the operator itself is idle and its time is the minimum over all: it moves only where idle sources
 * follow the clock.
 */
export class EventClock {
  /** Current event time; -Infinity before the first watermark. */
  watermark = -Infinity;
  /** True when every input is idle. */
  idle = false;
  readonly #times: Float64Array;
  readonly #idle: Uint8Array;

  get inputs(): number {
    return this.#times.length;
  }

  constructor(inputs: number) {
    this.#times = new Float64Array(inputs).fill(-Infinity);
    this.#idle = new Uint8Array(inputs);
  }

  /** A clock with more inputs; new ones enter at the current event time, so that they do not hold it back. */
  grown(inputs: number): EventClock {
    const clock = new EventClock(inputs);
    clock.#times.fill(this.watermark);
    clock.#times.set(this.#times);
    clock.#idle.set(this.#idle);
    clock.watermark = this.watermark;
    clock.idle = this.idle;
    return clock;
  }

  /** Returns the new event time of the operator (not yet applied), or the old one. */
  advance(input: number, time: number): number {
    if (time > this.#times[input]!) this.#times[input] = time;
    this.#idle[input] = 0;
    return this.#minimum();
  }

  /** Marks an input idle or active; returns like `advance`. */
  setIdle(input: number, idle: boolean): number {
    this.#idle[input] = idle ? 1 : 0;
    return this.#minimum();
  }

  /** Moves an input's time without making it active: an idle source that follows the clock. Returns like `advance`. */
  follow(input: number, time: number): number {
    if (time > this.#times[input]!) this.#times[input] = time;
    return this.#minimum();
  }

  timeOf(input: number): number {
    return this.#times[input]!;
  }

  times(): readonly number[] {
    return [...this.#times];
  }

  isIdle(input: number): boolean {
    return this.#idle[input] === 1;
  }

  #minimum(): number {
    let active = Infinity;
    let all = Infinity;
    this.idle = true;
    for (let i = 0; i < this.#times.length; i++) {
      const time = this.#times[i]!;
      if (time < all) all = time;
      if (this.#idle[i] === 1) continue;
      this.idle = false;
      if (time < active) active = time;
    }
    const minimum = this.idle ? all : active;
    return minimum > this.watermark ? minimum : this.watermark;
  }
}
