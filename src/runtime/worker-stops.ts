/**
 * Where a worker stands still: for requests that need a cut with nothing behind it, and at its end.
 *
 *   request   sources pause -> what was read, and exchanges, are processed -> commit -> the request -> sources go on
 *   drain     sources pause -> what was read, and exchanges, are processed -> commit -> ended
 *   close     commit -> ended
 *   bounded   inputs are at their end -> commit -> so are the exchanges of the job -> out of the group -> ended
 */
import { StreamError } from '../core/stream-error.ts';
import type { Feeder } from './feeder.ts';
import { exchangePartitions } from './internal-inputs.ts';
import { JobEnd } from './job-end.ts';
import type { WorkerCommits } from './worker-commits.ts';
import type { WorkerOptions } from './worker-options.ts';
import type { WorkerPorts } from './worker-ports.ts';
import type { WorkerTasks } from './worker-tasks.ts';

export interface WorkerStopsOptions {
  readonly worker: WorkerOptions;
  readonly feeder: Feeder;
  readonly commits: WorkerCommits;
  readonly tasks: WorkerTasks;
  readonly ports: WorkerPorts;
  /** Timers or other advancers have something to do. */
  readonly advancing: () => boolean;
  readonly wake: () => void;
  readonly onError: (error: unknown) => void;
}

/** How the worker is to end. */
type Ending = 'drain' | 'close';

interface Request {
  readonly run: () => Promise<void>;
  readonly reject: (error: Error) => void;
}

export class WorkerStops {
  readonly #options: WorkerStopsOptions;
  readonly #jobEnd: JobEnd;
  readonly #requests: Request[] = [];
  #ending: Ending | undefined;
  #paused = false;
  #held = false;

  constructor(options: WorkerStopsOptions) {
    this.#options = options;
    const { worker, feeder, commits, wake, onError } = options;
    const { plan, layout, log, clock, settings } = worker;
    this.#jobEnd = new JobEnd({
      log,
      clock,
      group: settings.group,
      exchanges: settings.exchange === 'log' ? exchangePartitions(plan, layout) : [],
      onBehind: (positions) => {
        if (feeder.isAhead(positions)) commits.changed();
      },
      onAnswer: wake,
      onError,
    });
  }

  /** Nothing is read from sources. */
  get sourcesPaused(): boolean {
    return this.#paused;
  }

  end(ending: Ending): void {
    this.#ending = ending;
    this.#options.wake();
  }

  /** Holds back sources (true) while everything behind them goes on. Called on the worker's turn. */
  holdSources(held: boolean): void {
    this.#held = held;
    this.#pauseSources(held);
  }

  /** Runs `work` where the worker stands still, and then goes on. */
  request<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#requests.push({
        run: async () => {
          try {
            resolve(await work());
          } catch (error) {
            reject(StreamError.from(error, 'WORKER_FAILED'));
          }
        },
        reject,
      });
      this.#options.wake();
    });
  }

  /** The worker has other inputs than before. */
  useInputs(): void {
    const { feeder, ports } = this.#options;
    feeder.pauseSources(this.#paused);
    ports.intake.setInputs(feeder.inputs);
    if (this.#paused) for (const input of feeder.sourceInputs()) ports.intake.setPaused(input, true);
  }

  /** Whether there is a reason to stop, after a turn in which something was `fed` or not. */
  mayStop(fed: boolean): boolean {
    return this.#requests.length > 0 || this.#ending !== undefined || (!fed && this.#options.worker.settings.bounded);
  }

  /** Does what it can for that. `again`: there is more to process at once; `ended`: the worker has done its work. */
  async stop(fed: boolean): Promise<'again' | 'ended' | undefined> {
    if (this.#requests.length > 0 && (await this.#tryServe(fed))) return 'again';
    if (this.#ending !== undefined) return (await this.#tryEnd(fed)) ? 'ended' : undefined;
    return fed || !this.#options.worker.settings.bounded ? undefined : await this.#tryFinish();
  }

  /** Requests that are left fail. */
  rejectRequests(error: Error): void {
    for (const request of this.#requests.splice(0)) request.reject(error);
  }

  close(): void {
    this.#jobEnd.close();
  }

  // Serves requests once the worker stands still: sources paused, exchanges empty, everything committed.
  async #tryServe(fed: boolean): Promise<boolean> {
    const { worker, feeder, commits, tasks, advancing } = this.#options;
    this.#pauseSources(true);
    if (fed || advancing() || tasks.opening || feeder.busy()) return false;
    await commits.now();
    if (!(await feeder.exchangesEmpty(worker.log))) return false;
    for (const request of this.#requests.splice(0)) await request.run();
    this.#pauseSources(this.#held || this.#ending === 'drain');
    return true;
  }

  async #tryEnd(fed: boolean): Promise<boolean> {
    const { worker, feeder, commits, tasks, advancing } = this.#options;
    if (this.#ending === 'close') {
      await commits.now();
      return true;
    }
    this.#pauseSources(true);
    if (fed || advancing() || tasks.opening || !feeder.drained()) return false;
    await commits.now();
    // Log exchanges: what the commit made visible must come back in and be processed.
    return feeder.drained() && (await feeder.exchangesEmpty(worker.log));
  }

  // The end of a bounded run.
  async #tryFinish(): Promise<'again' | 'ended' | undefined> {
    const { feeder, commits, ports } = this.#options;
    if (feeder.finishSources()) return 'again';
    if (!this.#inputsEnded() || !this.#jobEnd.due) return undefined;
    if (!commits.upToDate) {
      await commits.now();
      return 'again';
    }
    if (!this.#jobEnd.reached(commits.begun)) return undefined;
    await ports.leave(); // first of all: nobody may count on this worker any more
    return 'ended';
  }

  /** Nothing is left to do for this worker unless others send it more. */
  #inputsEnded(): boolean {
    const { feeder, tasks, advancing } = this.#options;
    const { opening, complete } = tasks;
    const held = this.#held || this.#requests.length > 0;
    return !advancing() && !opening && complete && !held && feeder.ended() && feeder.drained();
  }

  #pauseSources(paused: boolean): void {
    if (this.#paused === paused) return;
    this.#paused = paused;
    const { feeder, ports } = this.#options;
    feeder.pauseSources(paused);
    for (const input of feeder.sourceInputs()) ports.intake.setPaused(input, paused);
  }
}
