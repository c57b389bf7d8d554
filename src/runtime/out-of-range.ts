/**
 * Positions that are not in the log: retention was faster than the job, or a topic lost its end. What then is the user's
 * choice per source, and whoever jumps says so.
 *
 *   fetch fails --policy 'fail'--> the worker fails
 *        \--else--> the input waits --bounds of the partition--> goes on at the first or the next record
 */
import type { TopicPartition } from '../core/log.ts';
import { StreamError } from '../core/stream-error.ts';
import { startOf } from './source-start.ts';
import type { TaskInput } from './task-input.ts';
import type { WorkerOptions } from './worker-options.ts';

export interface OutOfRangeOptions {
  readonly worker: Pick<WorkerOptions, 'log' | 'plan' | 'settings'>;
  readonly inputs: () => readonly TaskInput[];
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
    const { topic, partition } = error.place;
    const input = this.#options
      .inputs()
      .find((candidate) => candidate.topic === topic && candidate.partition === partition);
    if (input === undefined) return false;
    const policy = this.#policyOf(input);
    if (policy === 'fail') return false;
    void this.#jump(input, policy);
    return true;
  }

  #policyOf({ node: id }: TaskInput): 'fail' | 'earliest' | 'latest' {
    const { plan, settings } = this.#options.worker;
    const node = plan.graph.nodes.get(id);
    return node?.kind === 'source' ? startOf(node, settings.starts).outOfRange : 'fail';
  }

  async #jump(input: TaskInput, policy: 'earliest' | 'latest'): Promise<void> {
    const { worker, setPaused, mail, onWarning, onError } = this.#options;
    const place: TopicPartition = { topic: input.topic, partition: input.partition };
    setPaused(input, true);
    try {
      const [bounds] = await worker.log.topics.bounds([place]);
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
