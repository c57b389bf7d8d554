/**
 * The end of a bounded run that several workers share. A worker whose own inputs have ended may not go while anything it
 * wrote waits in an exchange: whoever is to read it may be about to go as well, or be on its way to another worker.
 *
 *   own inputs ended, everything committed -> every exchange committed up to its end? --yes--> the worker may leave
 *                                                     ^                              |
 *                                                     '----------- after a while <-no'
 *
 * So each record in an exchange has been processed, or the worker that wrote it is still there.
 */
import type { Clock, Timer } from '../core/clock.ts';
import type { Log, PartitionOffset, TopicPartition } from '../core/log.ts';

export interface JobEndOptions {
  readonly log: Pick<Log, 'topics'>;
  readonly clock: Clock;
  readonly group: string;
  /** All partitions of all exchanges over the log. */
  readonly exchanges: readonly TopicPartition[];
  /** Exchanges hold more than is committed: `positions` are the committed ones there. */
  readonly onBehind: (positions: readonly PartitionOffset[]) => void;
  /** There is an answer. */
  readonly onAnswer: () => void;
  readonly onError: (error: unknown) => void;
}

/** Time between two looks, ms: the first one, doubled up to the longest. */
const firstPauseMs = 10;
const longestPauseMs = 100;

export class JobEnd {
  readonly #options: JobEndOptions;
  #due = true;
  #pauseMs = firstPauseMs;
  #pause: Timer | undefined;
  /** Commit up to which all has been processed. */
  #reached = -1;
  #closed = false;

  constructor(options: JobEndOptions) {
    this.#options = options;
  }

  /** It is worth asking: no look is under way, and the last one is a while ago. */
  get due(): boolean {
    return this.#due;
  }

  /** Whether all that was written up to a commit (its number) has been processed. False until that is known. */
  reached(commit: number): boolean {
    if (this.#options.exchanges.length === 0 || this.#reached === commit) return true;
    if (this.#due) void this.#look(commit);
    return false;
  }

  close(): void {
    this.#closed = true;
    this.#pause?.cancel();
  }

  async #look(commit: number): Promise<void> {
    const { onAnswer, onBehind, onError } = this.#options;
    this.#due = false;
    try {
      const behind = await this.#behind();
      if (behind.length > 0) {
        onBehind(behind);
        if (!this.#closed) this.#lookLater();
        return;
      }
      this.#reached = commit;
      this.#due = true;
      onAnswer();
    } catch (error) {
      onError(error);
    }
  }

  #lookLater(): void {
    const { clock, onAnswer } = this.#options;
    this.#pause = clock.schedule(this.#pauseMs, () => {
      this.#due = true;
      onAnswer();
    });
    this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
  }

  /** Committed positions of exchanges that hold more. */
  async #behind(): Promise<readonly PartitionOffset[]> {
    const { log, group, exchanges } = this.#options;
    const [bounds, committed] = await Promise.all([
      log.topics.bounds(exchanges),
      log.topics.committed(group, exchanges),
    ]);
    return exchanges.flatMap(({ topic, partition }, i) => {
      const { start, end } = bounds[i]!;
      const offset = committed[i] ?? start;
      return offset < end ? [{ topic, partition, offset }] : [];
    });
  }
}
