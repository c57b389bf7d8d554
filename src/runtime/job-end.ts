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
import type { Clock } from '../core/clock.ts';
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
const longestPauseMs = 500;

export class JobEnd {
  readonly #options: JobEndOptions;
  /** Commit after which the last look began. */
  #commit = -1;
  #looking = false;
  #reached = false;
  #pauseMs = firstPauseMs;
  #nextLook = -Infinity;

  constructor(options: JobEndOptions) {
    this.#options = options;
  }

  /** Whether all that was written up to a commit (its number) has been processed. False until that is known. */
  reached(commit: number): boolean {
    const { exchanges, clock } = this.#options;
    if (exchanges.length === 0) return true;
    if (commit !== this.#commit) {
      this.#commit = commit;
      this.#reached = false;
      this.#pauseMs = firstPauseMs;
      this.#nextLook = -Infinity;
    }
    if (!this.#reached && !this.#looking && clock.now() >= this.#nextLook) void this.#look(commit);
    return this.#reached;
  }

  async #look(commit: number): Promise<void> {
    const { clock, onAnswer, onBehind, onError } = this.#options;
    this.#looking = true;
    try {
      const behind = await this.#behind();
      if (commit === this.#commit) {
        this.#reached = behind.length === 0;
        if (!this.#reached) {
          onBehind(behind);
          this.#nextLook = clock.now() + this.#pauseMs;
          clock.schedule(this.#pauseMs, onAnswer);
          this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
        }
      }
    } catch (error) {
      onError(error);
    }
    this.#looking = false;
    onAnswer();
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
