/**
 * One write at a time. Commits that arrive while one is being written wait, and then go together in the next write: with
 * several workers the cost of a write (and of a sync) is shared. A commit is judged (fencing, generation) when its write
 * begins, because that is when it takes its place in the order of all commits.
 */
export interface QueuedCommit {
  /** Throws when the commit must not happen any more. */
  check(): void;
}

interface Entry<T> {
  readonly commit: T;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class CommitQueue<T extends QueuedCommit> {
  readonly #write: (commits: readonly T[]) => Promise<void>;
  #waiting: Entry<T>[] = [];
  #barriers: (() => void)[] = [];
  #running: Promise<void> | undefined;

  constructor(write: (commits: readonly T[]) => Promise<void>) {
    this.#write = write;
  }

  submit(commit: T): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ commit, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when everything that was submitted before has its outcome. */
  settled(): Promise<void> {
    if (this.#running === undefined) return Promise.resolve();
    return new Promise((resolve) => this.#barriers.push(resolve));
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0 || this.#barriers.length > 0) {
      const entries = this.#waiting;
      const barriers = this.#barriers;
      this.#waiting = [];
      this.#barriers = [];
      await this.#writeTogether(entries.filter(passes));
      for (const resolve of barriers) resolve();
    }
    this.#running = undefined;
  }

  async #writeTogether(entries: readonly Entry<T>[]): Promise<void> {
    if (entries.length === 0) return;
    try {
      await this.#write(entries.map(({ commit }) => commit));
      for (const { resolve } of entries) resolve();
    } catch (error) {
      for (const { reject } of entries) reject(error);
    }
  }
}

function passes<T extends QueuedCommit>({ commit, reject }: Entry<T>): boolean {
  try {
    commit.check();
    return true;
  } catch (error) {
    reject(error);
    return false;
  }
}
