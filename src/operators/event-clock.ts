/**
 * Event time of an operator with one or more inputs: the minimum over inputs that are not idle. It never goes back. When
 * all inputs are idle the operator itself is idle and its time is the minimum over those that have a time: it moves only
 * where idle sources follow the clock. An idle input without a time (an empty partition) has nothing to say.
 */
export class EventClock {
  /** Current event time; -Infinity before the first watermark. */
  watermark = -Infinity;
  /** Event time of the inputs, which `watermark` becomes when everything due before it is done: see `arrive`. */
  target = -Infinity;
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
    clock.target = this.target;
    clock.idle = this.idle;
    return clock;
  }

  /**
   * Time and idleness of an input, as one: with one of them alone it would for a moment count as what it never was.
   * `time` never moves an input back. True when that moves `target`, or changes whether all are idle.
   */
  update(input: number, time: number, idle: boolean): boolean {
    if (time > this.#times[input]!) this.#times[input] = time;
    this.#idle[input] = idle ? 1 : 0;
    const { target, idle: wasIdle } = this;
    this.raise(this.#minimum());
    return this.target > target || this.idle !== wasIdle;
  }

  /** Moves `target` without a word from an input. */
  raise(time: number): void {
    if (time > this.target) this.target = time;
  }

  arrive(): void {
    this.watermark = this.target;
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
    let timed = Infinity;
    let anyTimed = false;
    this.idle = true;
    for (let i = 0; i < this.#times.length; i++) {
      const time = this.#times[i]!;
      if (time > -Infinity) {
        anyTimed = true;
        if (time < timed) timed = time;
      }
      if (this.#idle[i] === 1) continue;
      this.idle = false;
      if (time < active) active = time;
    }
    if (!this.idle) return active;
    return anyTimed ? timed : -Infinity;
  }
}
