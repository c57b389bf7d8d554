/** The commits of a worker: when one is due, and one at a time, beside the epoch that follows it. */
import type { Clock } from '../core/clock.ts';
import type { PartitionOffset, Transactor } from '../core/log.ts';
import { StreamError } from '../core/stream-error.ts';
import { CommitTimer, type CommitTimerOptions } from './commit-timer.ts';
import type { Committer, Membership } from './committer.ts';
import type { OutputBuffers } from './output-buffers.ts';
import type { Purge } from './purge.ts';
import type { Task } from './task.ts';

export interface WorkerCommitsOptions {
  readonly job: string;
  readonly clock: Clock;
  readonly timing: CommitTimerOptions;
  /** Bound of state caches; half of it in dirty rows and outputs forces a commit. */
  readonly stateBytes: number;
  readonly committer: Committer;
  readonly outputs: OutputBuffers;
  /** Undefined: the log keeps internal topics too, a savepoint goes back to positions in them. */
  readonly purge: Purge | undefined;
  readonly transactor: () => Transactor;
  readonly membership: Membership;
  readonly tasks: () => readonly Task[];
  /** Positions in internal topics, before which nobody reads again once they are committed. */
  readonly internalPositions: () => readonly PartitionOffset[];
  readonly onCommit: (durationMs: number, pauseMs: number) => void;
  readonly onError: (error: Error) => void;
  /** Throws when the worker has failed. */
  readonly check: () => void;
}

export class WorkerCommits {
  readonly #options: WorkerCommitsOptions;
  readonly #timer: CommitTimer;
  #running: Promise<void> | undefined;
  #begun = 0;

  constructor(options: WorkerCommitsOptions) {
    this.#options = options;
    this.#timer = new CommitTimer(options.timing);
  }

  /** Nothing has changed since the last commit began. */
  get clean(): boolean {
    return this.#timer.clean;
  }

  /** A commit is under way. */
  get running(): boolean {
    return this.#running !== undefined;
  }

  /** Nothing has changed since the last commit, and it has ended. */
  get upToDate(): boolean {
    return this.clean && !this.running && this.#options.outputs.count === 0;
  }

  /** How many have begun. */
  get begun(): number {
    return this.#begun;
  }

  /** Dirty rows and outputs have come to their bound. */
  get full(): boolean {
    const { outputs, tasks, stateBytes } = this.#options;
    let dirty = outputs.byteLength;
    for (const task of tasks()) dirty += task.state.dirtyBytes;
    return dirty > stateBytes / 2;
  }

  /** Wall time at which the next may begin and is due, ms; Infinity: not as things are. */
  get nextDue(): number {
    return this.running ? Infinity : this.#timer.due;
  }

  /** Uncommitted work exists from now on. */
  changed(): void {
    this.#timer.changed(this.#options.clock.now(), this.#options.outputs.count > 0);
  }

  /** Begins a commit when it is time. */
  beginWhenDue(): void {
    if (this.running || this.clean) return;
    if (this.#options.clock.now() >= this.#timer.due || this.full) this.#begin();
  }

  /** Everything up to now is committed when this resolves. */
  async now(): Promise<void> {
    const { outputs, check } = this.#options;
    await this.#running;
    check();
    if (this.clean && outputs.count === 0) return;
    this.#begin();
    await this.#running;
    check();
  }

  /** The commit under way has ended, one way or the other. */
  async settled(): Promise<void> {
    await this.#running;
  }

  #begin(): void {
    const { job, clock, committer, purge, transactor, membership, tasks, onCommit, onError } = this.#options;
    const start = clock.monotonic();
    this.#timer.begun();
    this.#begun++;
    const purgeable = purge?.due === true ? this.#options.internalPositions() : [];
    const written = committer.commit(transactor(), membership, tasks());
    const pauseMs = clock.monotonic() - start;
    this.#running = written.then(
      () => {
        this.#running = undefined;
        if (purgeable.length > 0) void purge?.run(purgeable);
        this.#shrink();
        onCommit(clock.monotonic() - start, pauseMs);
      },
      (error: unknown) => {
        onError(StreamError.from(error, 'COMMIT_FAILED', { job, reaction: 'rollback' }));
      },
    );
  }

  #shrink(): void {
    const tasks = this.#options.tasks();
    const each = this.#options.stateBytes / Math.max(1, tasks.length);
    for (const task of tasks) if (task.state.cachedBytes > each) task.state.shrink(each);
  }
}
