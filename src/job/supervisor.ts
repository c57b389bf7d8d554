/**
 * Keeps one worker running: starts it, restarts it from the last commit after errors that may pass, gives up otherwise.
 *
 *   error.reaction  retry, rollback -> back-off, a new worker     fail-job -> the job fails
 */
import { delay, type Clock, type Random } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { StreamError } from '../core/stream-error.ts';
import { engineMetrics } from '../observability/engine-metrics.ts';
import type { MetricsSink } from '../observability/metric-family.ts';
import { Worker } from '../runtime/worker.ts';
import type { WorkerOptions } from '../runtime/worker-options.ts';
import { BackOff } from './back-off.ts';
import { collectWorker } from './collect-worker.ts';
import type { JobWorkers, WorkersPhase, WorkerTotals } from './job-workers.ts';
import { observedLog } from './observed-log.ts';
import type { PreparedTopics } from './prepare-topics.ts';

export interface RestartSettings {
  readonly initialMs: number;
  readonly maxMs: number;
  /** Failures in a row, without a commit between them, before the job gives up. */
  readonly attempts: number;
}

export interface SupervisorOptions {
  readonly worker: Omit<WorkerOptions, 'listener'>;
  readonly restart: RestartSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly onChange: () => void;
  readonly onCommit: (durationMs: number, pauseMs: number) => void;
  readonly onTransaction: (durationMs: number) => void;
  readonly onWarning: (message: string) => void;
}

export class Supervisor implements JobWorkers {
  worker: Worker | undefined;
  #restarts = 0;
  #rebalances = 0;
  readonly #log: Log;
  /** True between a failure and the next start. */
  #waiting = false;
  readonly #options: SupervisorOptions;
  readonly #backOff: BackOff;
  readonly #stop = new AbortController();
  #ending: 'drain' | 'close' | undefined;
  /** Topics and layout, where they are not those it began with. */
  #prepared: Partial<PreparedTopics> = {};
  // Totals of workers that are gone.
  #recordsIn = 0;
  #recordsOut = 0;
  #deadLetters = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    const { initialMs, maxMs } = options.restart;
    this.#backOff = new BackOff(initialMs, maxMs, options.random);
    this.#log = observedLog(options.worker.log, options.clock, {
      onRebalance: () => this.#rebalances++,
      onTransaction: options.onTransaction,
    });
  }

  get totals(): WorkerTotals {
    const { worker } = this;
    const known = [...(worker?.standbys.values() ?? [])].flatMap((lag) => lag ?? []);
    return {
      recordsIn: this.#recordsIn + (worker?.recordsIn ?? 0),
      recordsOut: this.#recordsOut + (worker?.recordsOut ?? 0),
      deadLetters: this.#deadLetters + (worker?.deadLetters ?? 0),
      restarts: this.#restarts,
      tasks: worker?.tasks.length ?? 0,
      restore: worker?.restoring ?? { remaining: 0, records: 0, bytes: 0 },
      standbys: { tasks: known.length, lag: known.reduce((sum, lag) => sum + lag, 0) },
    };
  }

  get lastTurn(): number | undefined {
    return this.worker?.lastTurn;
  }

  collect(sink: MetricsSink): void {
    const { job } = this.#options.worker.plan.graph;
    sink.value(engineMetrics.rebalances, this.#rebalances, { job });
    if (this.worker !== undefined) collectWorker(sink, this.worker, this.#options.clock.now());
  }

  get phase(): WorkersPhase {
    if (this.#waiting) return 'restarting';
    const phase = this.worker?.phase;
    return phase === 'running' || phase === 'restoring' ? phase : 'starting';
  }

  /** Resolves when the worker ended as asked or at the end of its input; rejects when it is given up. */
  async run(): Promise<void> {
    const { clock, restart, onChange, onWarning } = this.#options;
    for (;;) {
      try {
        await this.#runOnce();
        return;
      } catch (thrown) {
        const error = StreamError.from(thrown, 'WORKER_FAILED', { job: this.#options.worker.plan.graph.job });
        if (error.reaction === 'fail-job') throw error;
        if (this.#backOff.failures >= restart.attempts) throw exhausted(error, restart.attempts);
        const waitMs = this.#backOff.next();
        onWarning(`${error.message} Going back to the last commit, next start in ${(waitMs / 1000).toFixed(1)} s.`);
        this.#restarts++;
        this.#waiting = true;
        onChange();
        await delay(clock, waitMs, this.#stop.signal).catch(() => undefined); // woken early to end: see below
        this.#waiting = false;
        if (this.#stop.signal.aborted) return; // everything up to the last commit is safe
      }
    }
  }

  async #runOnce(): Promise<void> {
    const { onChange, onCommit, onWarning } = this.#options;
    const worker = new Worker({
      ...this.#options.worker,
      ...this.#prepared,
      log: this.#log,
      listener: {
        onChange,
        onWarning,
        onCommit: (durationMs, pauseMs) => {
          this.#backOff.succeeded();
          onCommit(durationMs, pauseMs);
        },
      },
    });
    this.worker = worker;
    if (this.#ending === 'drain') worker.drain();
    if (this.#ending === 'close') worker.close();
    try {
      await worker.run();
    } finally {
      this.#recordsIn += worker.recordsIn;
      this.#recordsOut += worker.recordsOut;
      this.#deadLetters += worker.deadLetters;
      this.worker = undefined;
    }
  }

  rescale(prepared: PreparedTopics): void {
    this.#prepared = prepared;
    const { job } = this.#options.worker.plan.graph;
    this.worker?.abort(
      new StreamError('REBALANCE', 'the inputs have more partitions now', { job, reaction: 'rollback' }),
    );
  }

  end(ending: 'drain' | 'close'): void {
    this.#ending = ending;
    if (ending === 'drain') this.worker?.drain();
    else this.worker?.close();
    if (this.#waiting) this.#stop.abort();
  }

  async quiesce<T>(work: () => Promise<T>): Promise<T> {
    const { worker } = this;
    if (worker === undefined)
      throw new StreamError('NOT_RUNNING', 'the job is between two starts', { reaction: 'retry' });
    return await worker.quiesce(work);
  }

  abort(reason: unknown): void {
    this.#stop.abort();
    this.worker?.abort(reason);
  }
}

function exhausted(error: StreamError, attempts: number): StreamError {
  return new StreamError(
    'RESTARTS_EXHAUSTED',
    `${String(attempts)} restarts in a row failed, the last one with ${error.code}: ${error.reason}`,
    {
      ...error.place,
      cause: error,
      remedy: error.remedy ?? 'See the cause; nothing is lost, start the job again when it is mended.',
    },
  );
}
