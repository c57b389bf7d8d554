/** A worker with nothing to do sleeps on this until somebody has news. A signal while awake is remembered. */
export class WakeUp {
  #signalled = false;
  #resolve: (() => void) | undefined;

  signal(): void {
    this.#signalled = true;
    this.#resolve?.();
    this.#resolve = undefined;
  }

  /** Forgets signals so far: call before looking for work, so that news during the search is not lost. */
  reset(): void {
    this.#signalled = false;
  }

  wait(): Promise<void> {
    if (this.#signalled) return Promise.resolve();
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }
}
