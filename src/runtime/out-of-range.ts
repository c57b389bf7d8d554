/**
 * Positions that are not in the log: retention was faster than the job, or a topic lost its end. What then is the user's
 * choice per source, and whoever jumps says so.
 *
 *   fetch fails --policy 'fail'--> the worker fails
 *        \--else--> the input waits --bounds of the partition--> goes on at the first or the next record
 */
import type { Log, TopicPartition } from '../core/log.ts';
import { StreamError } from '../core/stream-error.ts';
import type { TaskInput } from './task-input.ts';

export interface OutOfRangeOptions {
  readonly log: Log;
  readonly inputs: () => readonly TaskInput[];
  readonly policyOf: (input: TaskInput) => 'fail' | 'earliest' | 'latest';
  /** Leaves an input out of the fetches (true), or lets it in again. */
  readonly setPaused: (input: TaskInput, paused: boolean) => void;
  /** Runs `work` on the worker's turn. */
  readonly mail: (work: () => void) => void;
  readonly onWarning: (message: string) => void;
  readonly onError: (error: unknown) => void;
}

export class OutOfRange {
  readonly #options: OutOfRangeOptions;

  constructor(options: OutOfRangeOptions) {
    this.#options = options;
  }

  /** Takes care of a failed fetch; false: it is for somebody else. */
  handle(error: unknown): boolean {
    if (!StreamError.is(error) || error.code !== 'OFFSET_OUT_OF_RANGE') return false;
    const { inputs, policyOf } = this.#options;
    const { topic, partition } = error.place;
    const input = inputs().find((candidate) => candidate.topic === topic && candidate.partition === partition);
    if (input === undefined) return false;
    const policy = policyOf(input);
    if (policy === 'fail') return false;
    void this.#jump(input, policy);
    return true;
  }

  async #jump(input: TaskInput, policy: 'earliest' | 'latest'): Promise<void> {
    const { log, setPaused, mail, onWarning, onError } = this.#options;
    const place: TopicPartition = { topic: input.topic, partition: input.partition };
    setPaused(input, true);
    try {
      const [bounds] = await log.topics.bounds([place]);
      const { start, end, stable } = bounds!;
      const to = policy === 'earliest' ? start : stable;
      mail(() => {
        const from = input.fetchPosition;
        input.jump(to);
        const lost = to > from ? `${String(to - from)} offsets are skipped` : 'records will come again';
        onWarning(
          `${place.topic}-${String(place.partition)} was to be read at ${String(from)}, but holds ${String(start)} to ${String(end)}: goes on at ${String(to)}, ${lost}.`,
        );
        setPaused(input, false);
      });
    } catch (error) {
      onError(error);
    }
  }
}
