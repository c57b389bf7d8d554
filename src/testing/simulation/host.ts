/**
 * A simulated process. It reaches the world only through `call`: a request that travels, is performed there, and an
 * answer that travels back. Each way is an event of its own.
 *
 *   alive --crash()--> gone: nothing of it is ever called again, no promise it holds ever settles; requests that were
 *     |                already under way may still arrive
 *     +--stop(ms)--> its timers and answers wait; the world goes on (a zombie, when others took over)
 */
import type { Clock, Random } from '../../core/clock.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { DiskLoss, FaultPlan, FaultPoint } from './fault-plan.ts';
import { chance, randomLatency, seededRandom } from './seeded-random.ts';
import { simulationEpoch, type EventOwner, type Scheduler } from './scheduler.ts';

export interface HostOptions {
  readonly name: string;
  /** Which worker this is: restarts of a worker share its slot. */
  readonly slot: number;
  readonly scheduler: Scheduler;
  readonly faults: FaultPlan;
  /** Probability that a call fails without a planned fault; asked at each call. */
  readonly failRate?: (() => number) | undefined;
  readonly onCrash?: ((host: Host, disk: DiskLoss, renamed: boolean) => void) | undefined;
}

export interface CallOptions {
  /** Typical time of one way, milliseconds. */
  readonly typicalMs?: number;
  /** Inside the machine: a request of a process that died is never performed afterwards. */
  readonly local?: boolean;
  /** The error of a call whose request or answer was lost. */
  readonly lost?: () => StreamError;
}

function lostCall(point: string, { lost }: CallOptions): StreamError {
  if (lost !== undefined) return lost();
  return new StreamError('IO_FAILED', `the simulated call ${point} failed`, { reaction: 'retry' });
}

export class Host implements EventOwner {
  readonly name: string;
  readonly slot: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly #options: HostOptions;
  #alive = true;
  #stoppedUntil = 0;
  #slowUntil = 0;
  #requestsSurvive = true;
  #busyMs = 0;

  constructor(options: HostOptions) {
    const { scheduler } = options;
    this.name = options.name;
    this.slot = options.slot;
    this.scheduler = scheduler;
    this.#options = options;
    this.random = seededRandom(Math.floor(scheduler.random() * 0x1_0000_0000), options.slot);
    const skewMs = Math.floor(scheduler.random() * 5);
    this.clock = {
      now: () => simulationEpoch + skewMs + Math.floor(scheduler.time),
      monotonic: () => {
        // Work takes time: now and then a look at the clock finds that some has passed.
        if (this.random() < 0.05) this.#busyMs += this.random() * 20;
        return scheduler.time + this.#busyMs;
      },
      schedule: (delayMs, callback) => scheduler.at(delayMs + scheduler.random(), 'timer', callback, this),
      yield: () => new Promise((resolve) => scheduler.at(0, 'yield', resolve, this)),
    };
  }

  get alive(): boolean {
    return this.#alive;
  }

  get stoppedUntil(): number {
    return this.#stoppedUntil;
  }

  /** The process dies here and now. `disk`: what its machine does to rows that were written but not synced. */
  crash(disk: DiskLoss = 'kept', renamed = false): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#requestsSurvive = chance(this.scheduler.random, 0.5);
    this.#options.onCrash?.(this, disk, renamed);
  }

  stop(forMs: number): void {
    this.#stoppedUntil = Math.max(this.#stoppedUntil, this.scheduler.time + forMs);
  }

  slowDown(forMs: number): void {
    this.#slowUntil = Math.max(this.#slowUntil, this.scheduler.time + forMs);
  }

  /** Performs something elsewhere. `perform` may return a promise (long polls, waits for others). */
  call<T>(point: FaultPoint, perform: () => T | PromiseLike<T>, options: CallOptions = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (!this.#alive) return;
      const { scheduler } = this;
      const { typicalMs = 1, local = false } = options;
      const fault = this.#options.faults.pass(this.slot, point);
      const failing = this.#failing(fault);
      this.#strike(fault, 'before');
      if (!this.alive) return;
      scheduler.at(this.#latency(typicalMs), point, () => {
        if (!this.#alive && (local || !this.#requestsSurvive)) return;
        if (failing === 'before') {
          this.#answer(point, typicalMs, () => reject(lostCall(point, options)));
          return;
        }
        new Promise<T>((settle) => settle(perform())).then(
          (result) => {
            this.#strike(fault, 'after');
            this.#answer(point, typicalMs, () => {
              if (failing === undefined) resolve(result);
              else reject(lostCall(point, options));
            });
          },
          (error: unknown) => {
            this.#strike(fault, 'after');
            this.#answer(point, typicalMs, () => reject(StreamError.from(error, 'IO_FAILED')));
          },
        );
      });
    });
  }

  /** Where a call fails: before it was performed, or after it. */
  #failing(fault: ReturnType<FaultPlan['pass']>): 'before' | 'after' | undefined {
    if (fault?.kind === 'fail') return fault.phase;
    const { random } = this.scheduler;
    if (!chance(random, this.#options.failRate?.() ?? 0)) return undefined;
    return chance(random, 0.5) ? 'before' : 'after';
  }

  #strike(fault: ReturnType<FaultPlan['pass']>, phase: 'before' | 'after'): void {
    if (fault?.phase !== phase) return;
    if (fault.kind === 'crash') this.crash(fault.disk, fault.renamed);
    else if (fault.kind === 'stop') this.stop(fault.forMs);
    else if (fault.kind === 'slow') this.slowDown(fault.forMs);
  }

  #answer(point: FaultPoint, typicalMs: number, settle: () => void): void {
    this.scheduler.at(this.#latency(typicalMs), point, settle, this);
  }

  #latency(typicalMs: number): number {
    const latency = randomLatency(this.scheduler.random, typicalMs);
    return this.scheduler.time < this.#slowUntil ? latency * 50 : latency;
  }
}
