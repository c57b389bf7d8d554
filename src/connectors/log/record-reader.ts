import { walkBatches } from '../../core/batch-walker.ts';
import type { Clock } from '../../core/clock.ts';
import type { FetchedPartition, FetchRequest, LogReader, PartitionOffset } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { Arrivals } from './arrivals.ts';
import type { PartitionStore } from './log-storage.ts';

export interface ReaderContext {
  readonly clock: Clock;
  readonly arrivals: Arrivals;
  /** Throws TOPIC_UNKNOWN. */
  partition(place: PartitionOffset): PartitionStore;
  /** Throws LOG_CLOSED. */
  checkOpen(): void;
}

/** Fetches from the partitions of a log in this process, waiting for commits where there is nothing yet. */
export class RecordReader implements LogReader {
  readonly #context: ReaderContext;
  readonly #closing = new AbortController();

  constructor(context: ReaderContext) {
    this.#context = context;
  }

  async fetch(request: FetchRequest): Promise<readonly FetchedPartition[]> {
    const { clock, arrivals } = this.#context;
    const { signal = this.#closing.signal, maxWaitMs } = request;
    const until = clock.monotonic() + maxWaitMs;
    while (true) {
      this.#context.checkOpen();
      signal.throwIfAborted();
      this.#closing.signal.throwIfAborted();
      // Taken before looking, so that a commit in between is not missed.
      const arrival = arrivals.next();
      const answer = await Promise.all(request.partitions.map((place) => this.#read(place, request.partitionBytes)));
      const left = until - clock.monotonic();
      if (left <= 0 || answer.some(({ batch }) => batch !== undefined)) return answer;
      await arrival.wait(clock, left, [signal, this.#closing.signal]);
    }
  }

  async #read(place: PartitionOffset, maxBytes: number): Promise<FetchedPartition> {
    const { topic, partition, offset } = place;
    const store = this.#context.partition(place);
    const { start, end } = store;
    if (offset < start || offset > end) {
      throw new StreamError('OFFSET_OUT_OF_RANGE', `offset ${offset} is not between ${start} and ${end}`, {
        topic,
        partition,
        offset,
        remedy: 'The records were deleted or never written here: start from the earliest or the latest offset.',
      });
    }
    if (offset === end) return { topic, partition, batch: undefined, nextOffset: offset, end, stable: end };
    const bytes = await store.read(offset, maxBytes);
    const { batch, nextOffset } = walkBatches(bytes, {
      topic,
      partition,
      from: offset,
      checkCrc: false,
    });
    return { topic, partition, batch, nextOffset, end, stable: end };
  }

  async close(): Promise<void> {
    this.#closing.abort(new StreamError('LOG_CLOSED', 'the reader was closed'));
  }
}
