/**
 * Tells which inputs had no record for `idleAfterMs`. The owner reports records and asks now and then; both are cheap.
 * `active` reports a record; `check` returns the inputs that became idle since the last call, one by one.
 */
export class IdleTracker {
  readonly #idleAfterMs: number;
  readonly #lastSeen: number[] = [];
  readonly #idle: boolean[] = [];

  constructor(idleAfterMs: number) {
    this.#idleAfterMs = idleAfterMs;
  }

  /** Adds an input that counts as active from `now` on; returns its number. */
  add(now: number): number {
    this.#idle.push(false);
    return this.#lastSeen.push(now) - 1;
  }

  /** A record came. True: the input was idle until now. */
  active(input: number, now: number): boolean {
    this.#lastSeen[input] = now;
    if (this.#idle[input] !== true) return false;
    this.#idle[input] = false;
    return true;
  }

  /** True when the input has just become idle. */
  check(input: number, now: number): boolean {
    if (this.#idle[input] === true || now - this.#lastSeen[input]! < this.#idleAfterMs) return false;
    this.#idle[input] = true;
    return true;
  }
}
