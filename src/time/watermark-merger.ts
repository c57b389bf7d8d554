/**
 * The watermark of something with several inputs (partitions of a source, upstream tasks, inputs of an operator): the
 * minimum over those that are not idle. It never goes back: an input that returns, or a new one, may be behind.
 *
 *   input 0   ──5────────9──            min: 5, then 7 while 2 is idle
 *   input 1   ──7───────────
 *   input 2   ──3──idle─────   all idle: the watermark holds
 *
 * Updates allocate nothing; the minimum is searched again only when the slowest input moved.
 */
export class WatermarkMerger {
  readonly #watermarks: number[] = [];
  readonly #idle: boolean[] = [];
  #slowest = -1;
  #active = 0;
  #current: number;

  constructor(inputs = 0, current = -Infinity) {
    this.#current = current;
    for (let i = 0; i < inputs; i++) this.add();
  }

  /** The merged watermark. */
  get current(): number {
    return this.#current;
  }

  get inputs(): number {
    return this.#watermarks.length;
  }

  /** True when there are inputs and all are idle: then this is an idle input of what comes next. */
  get idle(): boolean {
    return this.#active === 0 && this.#watermarks.length > 0;
  }

  watermark(input: number): number {
    return this.#watermarks[input]!;
  }

  isIdle(input: number): boolean {
    return this.#idle[input]!;
  }

  /** Adds an input, returns its number. Default watermark: the current minimum, so that it does not hold others back at once. */
  add(watermark = this.#current, idle = false): number {
    const input = this.#watermarks.push(watermark) - 1;
    this.#idle.push(idle);
    if (!idle) this.#active++;
    this.#advance(-1);
    return input;
  }

  /** An input's watermark; older than its last one is ignored. True: the merged watermark moved. An idle input stays idle. */
  update(input: number, watermark: number): boolean {
    if (watermark <= this.#watermarks[input]!) return false;
    this.#watermarks[input] = watermark;
    return this.#idle[input] === true ? false : this.#advance(input);
  }

  /** Marks an input idle or active. True: the merged watermark moved. */
  setIdle(input: number, idle: boolean): boolean {
    if (this.#idle[input] === idle) return false;
    this.#idle[input] = idle;
    this.#active += idle ? -1 : 1;
    return this.#advance(-1);
  }

  #advance(moved: number): boolean {
    if (moved !== -1 && moved !== this.#slowest) return false;
    let minimum = Infinity;
    let slowest = -1;
    for (let i = 0; i < this.#watermarks.length; i++) {
      if (this.#idle[i] === true) continue;
      const watermark = this.#watermarks[i]!;
      if (slowest === -1 || watermark < minimum) {
        minimum = watermark;
        slowest = i;
      }
    }
    this.#slowest = slowest;
    if (slowest === -1 || minimum <= this.#current) return false;
    this.#current = minimum;
    return true;
  }
}
