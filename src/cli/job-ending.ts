/**
 * The ways to end a running job from outside.
 *
 *   Ctrl-C, SIGTERM, --for, standard output closed   drain: what was read is finished and committed, exit code 0
 *   Ctrl-C a second time                             abort: the job stops at its last commit, exit code 130
 *   a third time                                     nobody listens any more: the signal kills the process
 *   a rejected promise that nobody waits for         the job is closed at its last commit, and has failed
 *
 * Listens from the first moment, so a Ctrl-C while the job starts or restores is not lost.
 */
import type { Timer } from '../core/clock.ts';
import { messageOf, StreamError } from '../core/stream-error.ts';
import type { JobHandle } from '../job/options.ts';
import type { Logger } from '../observability/logger.ts';
import type { Io } from './io.ts';

function unhandledRejection(reason: unknown): StreamError {
  return new StreamError('USER_FUNCTION_FAILED', `a promise that nobody waits for was rejected: ${messageOf(reason)}`, {
    cause: reason,
    remedy: 'Await it or give it a catch, or make the call in asyncMap; --verbose shows where it comes from.',
  });
}

export class JobEnding {
  readonly #io: Io;
  readonly #logger: Logger;
  readonly #abort = new AbortController();
  readonly #listening: readonly (() => void)[];
  #job: JobHandle | undefined;
  #asked = false;
  #timer: Timer | undefined;
  #hasFailed = false;
  #unhandled: (error: StreamError) => void = () => undefined;
  /** Rejects with the first promise of the job's own code that was rejected and that nobody waits for. */
  readonly #failed = new Promise<never>((_, reject) => {
    this.#unhandled = reject;
  });

  constructor(io: Io, logger: Logger) {
    this.#io = io;
    this.#logger = logger;
    this.#failed.catch(() => undefined); // `wait` may never be called
    this.#listening = [
      io.onSignal('SIGINT', () => {
        if (this.#asked) this.#abortNow();
        else this.drain('interrupted (once more to abort)');
      }),
      io.onSignal('SIGTERM', () => {
        this.drain('asked to terminate');
      }),
      io.onUnhandledRejection((reason) => {
        const error = unhandledRejection(reason);
        if (this.#hasFailed) this.#logger.error(error.message);
        this.#hasFailed = true;
        this.#unhandled(error);
      }),
    ];
  }

  /** Aborted by the second Ctrl-C. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** `limitMs`: drain after this long. */
  attach(job: JobHandle, limitMs: number | undefined): void {
    this.#job = job;
    if (limitMs !== undefined) {
      this.#timer = this.#io.clock.schedule(limitMs, () => {
        this.drain('time is up');
      });
    }
    if (this.#asked) this.#drainJob(job);
  }

  /** Asks the job to finish; only the first time counts. */
  drain(why: string): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#logger.info(`${why}: draining, that is finishing and committing what was read`);
    if (this.#job !== undefined) this.#drainJob(this.#job);
  }

  /** Resolves when the job has ended and was closed. Rejects when it failed or is aborted; the latter waits for nothing. */
  async wait(job: JobHandle): Promise<void> {
    const aborted = new Promise<never>((_, reject) => {
      const fail = (): void => {
        reject(this.signal.reason as Error);
      };
      if (this.signal.aborted) fail();
      else this.signal.addEventListener('abort', fail, { once: true });
    });
    try {
      await Promise.race([job.finished, aborted, this.#failed]);
    } catch (error) {
      // `... | head` has seen enough: that is an end, not a failure.
      if (!StreamError.is(error) || error.code !== 'OUTPUT_CLOSED') throw error;
      this.#logger.info('standard output was closed');
    } finally {
      if (!this.signal.aborted) await job.close();
    }
  }

  close(): void {
    this.#timer?.cancel();
    for (const stop of this.#listening) stop();
  }

  #drainJob(job: JobHandle): void {
    job.drain().catch(() => undefined); // a failure arrives at job.finished as well
  }

  #abortNow(): void {
    this.close();
    this.#abort.abort(new StreamError('ABORTED', 'interrupted twice; the job stops at its last commit'));
  }
}
