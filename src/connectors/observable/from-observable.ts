/**
 * An observable as the input of a topic. An observable cannot be read again, so its values are appended to the topic
 * first, and jobs read that: from there on everything is exactly-once. What the process holds when it dies is lost.
 *
 *   next(value) -> pending batch -> appended together, one commit at a time -> topic
 */
import type { Observable } from 'rxjs';
import { BatchWriter } from '../../core/batch-writer.ts';
import type { Clock } from '../../core/clock.ts';
import { systemClock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import { onDemand } from '../../core/on-demand.ts';
import { keyText, partitionOf } from '../../core/partitioner.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { Topic } from '../../core/topic.ts';
import { produce } from '../produce.ts';

const rxjs = onDemand('rxjs') as () => typeof import('rxjs');

export interface FromObservableOptions<T> {
  /** Most bytes that wait while the log is slower than the observable. Default 16 MiB. */
  readonly bufferBytes?: number;
  /** What to do with a value when the buffer is full: fail (default) or drop it, telling `onDrop`. */
  readonly overflow?: 'fail' | 'drop';
  readonly onDrop?: (value: T) => void;
  /** Timestamp of a value, ms. Default: the time it came. */
  readonly timestamp?: (value: T) => number;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/**
 * Appends every value of `source` to `topic`, in order per key. Resolves when the observable has completed and all values
 * are committed; rejects with its error, with what the log reports, or with RECORD_TOO_LARGE for overflow `fail`.
 */
export async function fromObservable<T>(
  { log }: { readonly log: Log },
  topic: Topic<T>,
  source: Observable<T>,
  options: FromObservableOptions<T> = {},
): Promise<void> {
  const [description] = await log.topics.describe([topic.name]);
  if (description === undefined) {
    throw new StreamError('TOPIC_UNKNOWN', `there is no topic '${topic.name}'`, {
      topic: topic.name,
      remedy: 'Start a job that reads it, or create it.',
    });
  }
  await new Feed(log, topic, description.partitions, options).take(source);
}

class Feed<T> {
  readonly #log: Log;
  readonly #topic: Topic<T>;
  readonly #options: FromObservableOptions<T>;
  readonly #clock: Clock;
  readonly #writers: readonly BatchWriter[];
  #next = 0;
  #appending: Promise<void> | undefined;

  constructor(log: Log, topic: Topic<T>, partitions: number, options: FromObservableOptions<T>) {
    this.#log = log;
    this.#topic = topic;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#writers = Array.from({ length: partitions }, (_, partition) => new BatchWriter(topic.name, partition));
  }

  take(source: Observable<T>): Promise<void> {
    return new Promise((resolve, reject) => {
      const { signal } = this.#options;
      // A synchronous observable calls back before subscribe() has returned.
      const subscription = new (rxjs().Subscription)();
      const fail = (error: unknown): void => {
        subscription.unsubscribe();
        reject(StreamError.from(error, 'IO_FAILED', { topic: this.#topic.name }));
      };
      const observer = {
        next: (value: T) => {
          if (subscription.closed) return;
          try {
            if (this.#add(value)) this.#append(fail);
          } catch (error) {
            fail(error);
          }
        },
        error: fail,
        complete: () => {
          this.#flush().then(resolve, fail);
        },
      };
      subscription.add(source.subscribe(observer));
      signal?.addEventListener('abort', () => {
        fail(new StreamError('ABORTED', 'feeding the topic was aborted', { topic: this.#topic.name }));
      });
    });
  }

  get #bytes(): number {
    return this.#writers.reduce((sum, writer) => sum + writer.byteLength, 0);
  }

  #add(value: T): boolean {
    const { bufferBytes = 16 * 1024 * 1024, overflow = 'fail', onDrop, timestamp } = this.#options;
    if (this.#bytes >= bufferBytes) {
      if (overflow === 'drop') {
        onDrop?.(value);
        return false;
      }
      throw new StreamError('RECORD_TOO_LARGE', `${String(this.#bytes)} bytes wait for the log`, {
        topic: this.#topic.name,
        remedy: "Slow the observable down, raise bufferBytes, or choose overflow: 'drop'.",
      });
    }
    const { codec, options } = this.#topic;
    const key = options.key === undefined ? null : keyText(options.key(value));
    const count = this.#writers.length;
    const partition = key === null ? this.#next++ % count : partitionOf(key, count);
    this.#writers[partition]!.append(key, codec, value, timestamp?.(value) ?? this.#clock.now());
    return true;
  }

  #append(fail: (error: unknown) => void): void {
    if (this.#appending !== undefined) return; // what comes meanwhile goes with the next append
    this.#appending = this.#flushOnce().then(
      () => {
        this.#appending = undefined;
        if (this.#bytes > 0) this.#append(fail);
      },
      (error: unknown) => {
        fail(error);
      },
    );
  }

  async #flushOnce(): Promise<void> {
    await this.#clock.yield(); // values of one burst travel together
    const outputs = this.#writers.flatMap((writer) => writer.seal() ?? []);
    if (outputs.length > 0) await produce(this.#log, this.#topic.name, outputs);
  }

  async #flush(): Promise<void> {
    while (this.#appending !== undefined) await this.#appending;
    await this.#flushOnce();
  }
}
