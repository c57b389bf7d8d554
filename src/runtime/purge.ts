/**
 * Internal topics keep their records until the job gives them up: what has been read and committed is deleted, now and
 * then, beside the work. A failure costs disk space and nothing else; the next round deletes more.
 */
import type { Clock } from '../core/clock.ts';
import type { PartitionOffset, TopicAdmin } from '../core/log.ts';

/** Deleting is a request to every leader, and frees whole segments only. */
const everyMs = 30_000;

export class Purge {
  readonly #topics: TopicAdmin;
  readonly #clock: Clock;
  readonly #onWarning: (message: string) => void;
  /** Offsets before which records were given up, by partition. */
  readonly #purged = new Map<string, number>();
  #last: number;
  #running = false;
  #warned = false;

  constructor(topics: TopicAdmin, clock: Clock, onWarning: (message: string) => void) {
    this.#topics = topics;
    this.#clock = clock;
    this.#onWarning = onWarning;
    this.#last = clock.monotonic();
  }

  /** True when it is time for another round. */
  get due(): boolean {
    return !this.#running && this.#clock.monotonic() - this.#last >= everyMs;
  }

  /** Gives up what lies before these committed positions of internal topics. Does not fail. */
  async run(committed: readonly PartitionOffset[]): Promise<void> {
    this.#last = this.#clock.monotonic();
    const before = committed.filter((place) => place.offset > (this.#purged.get(nameOf(place)) ?? 0));
    if (before.length === 0) return;
    this.#running = true;
    try {
      await this.#topics.deleteRecords(before);
      for (const place of before) this.#purged.set(nameOf(place), place.offset);
    } catch (error) {
      if (!this.#warned) this.#onWarning(`records of internal topics could not be deleted: ${String(error)}`);
      this.#warned = true;
    } finally {
      this.#running = false;
    }
  }
}

function nameOf({ topic, partition }: PartitionOffset): string {
  return `${topic}/${String(partition)}`;
}
