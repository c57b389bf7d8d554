/** A running job: its workers, its status, and how it ends. */
import type { BehaviorSubject, Observable } from 'rxjs';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { onDemand } from '../core/on-demand.ts';
import { StreamError } from '../core/stream-error.ts';
import type { HealthPart } from '../observability/health-monitor.ts';
import type { MetricsSource } from '../observability/metric-family.ts';
import type { JobHandle, JobPhase, JobStatus, MetricReading } from './options.ts';
import type { JobWorkers } from './job-workers.ts';
import { noSavepoints } from './savepoints/no-savepoints.ts';

const rxjs = onDemand('rxjs') as () => typeof import('rxjs');

/** Time between two readings of the metrics. */
const metricsEveryMs = 1_000;

/** Most status emissions: one per this many milliseconds, changes of phase aside. */
const statusEveryMs = 250;

export interface RunnerParts {
  readonly name: string;
  readonly workers: JobWorkers;
  readonly log: Log;
  readonly clock: Clock;
  readonly metrics: MetricsSource;
  /** Writes a savepoint; called with the job standing still at a commit. */
  readonly savepoint: (folder: string) => Promise<void>;
  /** Closes log and state. */
  readonly release: () => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

export class JobRunner implements JobHandle {
  readonly name: string;
  readonly log: Log;
  readonly finished: Promise<void>;
  readonly health: HealthPart;
  readonly #parts: RunnerParts;
  /** Made when somebody asks for it. */
  #status: BehaviorSubject<JobStatus> | undefined;
  #ended: 'stopped' | 'failed' | undefined;
  #ending: 'drain' | 'close' | undefined;
  #error: Error | undefined;
  #lastEmission = -Infinity;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.log = parts.log;
    this.health = this.#health();
    this.finished = this.#run();
    this.finished.catch(() => undefined); // reported to whoever awaits it, and in the status
  }

  get status$(): Observable<JobStatus> {
    if (this.#status === undefined) {
      this.#status = new (rxjs().BehaviorSubject)(this.status);
      if (this.#ended !== undefined) this.#status.complete();
    }
    return this.#status.asObservable();
  }

  get metrics$(): Observable<readonly MetricReading[]> {
    const { clock, metrics } = this.#parts;
    return new (rxjs().Observable)((subscriber) => {
      let stop = (): void => undefined;
      const next = (): void => {
        const readings: MetricReading[] = [];
        metrics.collect({
          value: ({ name }, value, labels = {}) => readings.push({ name, labels, value }),
          histogram: ({ name }, { count, sum }, labels = {}) => {
            readings.push({ name: `${name}_count`, labels, value: count }, { name: `${name}_sum`, labels, value: sum });
          },
        });
        subscriber.next(readings);
        if (this.#ended !== undefined) {
          subscriber.complete();
          return;
        }
        const timer = clock.schedule(metricsEveryMs, next);
        stop = () => {
          timer.cancel();
        };
      };
      next();
      return () => {
        stop();
      };
    });
  }

  get status(): JobStatus {
    return { job: this.name, phase: this.#phase(), ...this.#parts.workers.totals, error: this.#error };
  }

  /** Something changed: tells the subscribers, phases at once, numbers now and then. */
  changed(): void {
    if (this.#status === undefined) return;
    const now = this.#parts.clock.monotonic();
    const status = this.status;
    if (status.phase === this.#status.value.phase && now - this.#lastEmission < statusEveryMs) return;
    this.#lastEmission = now;
    this.#status.next(status);
  }

  drain(): Promise<void> {
    return this.#end('drain');
  }

  close(): Promise<void> {
    return this.#end('close');
  }

  async savepoint(folder: string): Promise<void> {
    if (this.#ended !== undefined) throw new StreamError('NOT_RUNNING', 'the job has ended', { job: this.name });
    if (!this.log.storesRows) throw noSavepoints(this.name, this.log.kind);
    await this.#parts.workers.quiesce(() => this.#parts.savepoint(folder));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #run(): Promise<void> {
    const { workers, release, signal } = this.#parts;
    const aborted = () => new StreamError('ABORTED', 'the job was aborted', { job: this.name, cause: signal?.reason });
    const abort = (): void => {
      workers.abort(aborted());
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      if (signal?.aborted === true) throw aborted(); // before there was anything to abort
      await workers.run();
      this.#ended = 'stopped';
    } catch (error) {
      this.#ended = 'failed';
      this.#error = error as Error;
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      await release();
      this.#status?.next(this.status);
      this.#status?.complete();
    }
  }

  async #end(ending: 'drain' | 'close'): Promise<void> {
    if (this.#ended === undefined) {
      this.#ending = ending;
      this.#parts.workers.end(ending);
      this.changed();
    }
    // How the job failed is told by `finished`; ending a failed job is no failure of its own.
    await this.finished.catch((error: unknown) => {
      if (this.#ending !== undefined && StreamError.is(error) && error.code !== 'ABORTED') throw error;
    });
  }

  // A job that is ending is alive, but new work goes elsewhere.
  #health(): HealthPart {
    const lastTurn = (): number | undefined => this.#parts.workers.lastTurn;
    const notReady = (): string | undefined => {
      if (this.#ending === 'close') return 'closing';
      const phase = this.#phase();
      return phase === 'running' ? undefined : phase;
    };
    return {
      name: `job ${this.name}`,
      get lastTurn() {
        return lastTurn();
      },
      get notReady() {
        return notReady();
      },
    };
  }

  #phase(): JobPhase {
    if (this.#ended !== undefined) return this.#ended;
    if (this.#ending === 'drain') return 'draining';
    return this.#parts.workers.phase;
  }
}
