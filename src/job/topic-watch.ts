/**
 * Sees when an input of a running job has got more partitions. What then depends on the plan: sub-topologies without state
 * get more tasks; for keyed state more partitions would mean that keys move, which prepareTopics refuses.
 */
import type { Clock, Timer } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Plan } from '../plan/plan.ts';
import type { PreparedTopics } from './prepare-topics.ts';

export interface TopicWatchOptions {
  readonly plan: Plan;
  readonly log: Log;
  readonly clock: Clock;
  /** Time between two looks, ms. */
  readonly everyMs: number;
  readonly prepared: PreparedTopics;
  /** Makes the topics fit again. */
  readonly prepare: () => Promise<PreparedTopics>;
  readonly onChange: (prepared: PreparedTopics) => void;
  /** The job cannot go on with its topics as they are now. */
  readonly onError: (error: unknown) => void;
  readonly onWarning: (message: string) => void;
}

export class TopicWatch {
  readonly #options: TopicWatchOptions;
  #prepared: PreparedTopics;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: TopicWatchOptions) {
    this.#options = options;
    this.#prepared = options.prepared;
    this.#arm();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #arm(): void {
    if (this.#closed) return;
    this.#timer = this.#options.clock.schedule(this.#options.everyMs, () => {
      void this.#check().finally(() => {
        this.#arm();
      });
    });
  }

  async #check(): Promise<void> {
    const { prepare, onChange, onError, onWarning } = this.#options;
    let grown: readonly string[];
    try {
      grown = await this.#grown();
    } catch {
      return; // whoever reads the topics will tell; the next look may be luckier
    }
    if (grown.length === 0 || this.#closed) return;
    try {
      this.#prepared = await prepare();
    } catch (error) {
      onError(error);
      return;
    }
    onWarning(`${grown.join(', ')}: there are more partitions than before, starting again with them.`);
    onChange(this.#prepared);
  }

  async #grown(): Promise<readonly string[]> {
    const { plan, log } = this.#options;
    const names = plan.inputTopics.map(({ name }) => name);
    const found = await log.topics.describe(names);
    return found.flatMap((topic) => {
      const before = topic === undefined ? undefined : this.#prepared.topics.get(topic.name);
      return topic !== undefined && before !== undefined && topic.partitions > before.partitions ? [topic.name] : [];
    });
  }
}
