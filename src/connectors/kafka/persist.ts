import { delay, type Clock, type Random } from '../../core/clock.ts';
import { StreamError } from '../../core/stream-error.ts';

export interface Persistence {
  readonly clock: Clock;
  readonly random: Random;
  /** How long to try again, milliseconds. */
  readonly budgetMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Called before each request that may reach the broker. */
  readonly onTry?: (() => void) | undefined;
}

/** Pauses grow from so little because what is waited for most (the end of the last transaction) takes a few milliseconds. */
const firstPauseMs = 1;
const longestPauseMs = 250;
const growth = 1.5;

/** Repeats `attempt` while it fails with LOG_UNAVAILABLE, for as long as the budget lasts; then its last error is thrown. */
export async function persist<T>(how: Persistence, attempt: () => Promise<T>): Promise<T> {
  const { clock, random, budgetMs, signal } = how;
  const start = clock.monotonic();
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * growth, longestPauseMs)) {
    try {
      return await attempt();
    } catch (error) {
      if (!StreamError.is(error) || error.code !== 'LOG_UNAVAILABLE') throw error;
      signal?.throwIfAborted();
      if (clock.monotonic() - start >= budgetMs) throw error;
    }
    await delay(clock, pauseMs * (0.75 + random() / 4), signal);
  }
}
