/** When the next commit is due: soon after output that nobody can see yet, at the latest a while after any change. */
export interface CommitTimerOptions {
  readonly intervalMs: number;
  readonly lingerMs: number;
}

export class CommitTimer {
  readonly #options: CommitTimerOptions;
  #changedAt = Infinity;
  #outputAt = Infinity;

  constructor(options: CommitTimerOptions) {
    this.#options = options;
  }

  /** Nothing has changed since the last commit began. */
  get clean(): boolean {
    return this.#changedAt === Infinity;
  }

  /** Wall time at which a commit is due, ms; Infinity: there is nothing to commit. */
  get due(): number {
    return Math.min(this.#changedAt + this.#options.intervalMs, this.#outputAt + this.#options.lingerMs);
  }

  changed(now: number, withOutput: boolean): void {
    if (this.#changedAt === Infinity) this.#changedAt = now;
    if (withOutput && this.#outputAt === Infinity) this.#outputAt = now;
  }

  /** A commit takes everything up to now. */
  begun(): void {
    this.#changedAt = Infinity;
    this.#outputAt = Infinity;
  }
}
