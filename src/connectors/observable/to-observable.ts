import type { Observable } from 'rxjs';
import type { Log } from '../../core/log.ts';
import { onDemand } from '../../core/on-demand.ts';
import type { Topic } from '../../core/topic.ts';

const rxjs = onDemand('rxjs') as () => typeof import('rxjs');

export interface ToObservableOptions {
  /** Where to begin. Default `latest`: what is committed from now on. */
  readonly start?: 'earliest' | 'latest';
}

/**
 * The committed records of a topic, in order per partition, across partitions as they come.
 *
 * Backpressure: a batch is delivered synchronously, and the next one is fetched when all subscribers' `next` have
 * returned; nothing is buffered in between. A slow synchronous subscriber slows down its own reading, never the job.
 * Operators that go asynchronous (`concatMap`) buffer in rxjs, as always. Ends with an error when the log fails or is
 * closed (LOG_CLOSED), when a record does not decode, and never by itself.
 */
export function toObservable<T>(
  { log }: { readonly log: Log },
  topic: Topic<T>,
  options: ToObservableOptions = {},
): Observable<T> {
  return new (rxjs().Observable)<T>((subscriber) => {
    const abort = new AbortController();
    follow(log, topic, options.start ?? 'latest', abort.signal, (value) => {
      subscriber.next(value);
    }).catch((error: unknown) => {
      if (!abort.signal.aborted) subscriber.error(error);
    });
    return () => {
      abort.abort();
    };
  });
}

async function follow<T>(
  log: Log,
  topic: Topic<T>,
  start: 'earliest' | 'latest',
  signal: AbortSignal,
  next: (value: T) => void,
): Promise<void> {
  const [description] = await log.topics.describe([topic.name]);
  const places = Array.from({ length: description?.partitions ?? 1 }, (_, partition) => ({
    topic: topic.name,
    partition,
  }));
  const bounds = await log.topics.bounds(places);
  const positions = bounds.map((b) => ({ ...b, offset: start === 'earliest' ? b.start : b.stable }));
  const reader = log.reader();
  try {
    while (!signal.aborted) {
      const parts = await reader.fetch({
        partitions: positions,
        partitionBytes: 256 * 1024,
        maxWaitMs: 1_000,
        isolation: 'committed',
        signal,
      });
      for (const { partition, batch, nextOffset } of parts) {
        for (let i = 0; batch !== undefined && i < batch.count; i++) {
          if (isAborted(signal)) return;
          const at = batch.valueStarts[i]!;
          if (at >= 0) next(topic.codec.decode(batch.slab, at, batch.valueEnds[i]!));
        }
        positions[partition] = { ...positions[partition]!, offset: nextOffset };
      }
    }
  } finally {
    await reader.close();
  }
}

// `next` may unsubscribe: asked again after every value.
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
