import { keyText } from '../core/partitioner.ts';
import { partitionOf } from '../core/partitioner.ts';
import type { Topic } from '../core/topic.ts';
import type { Input } from './input.ts';
import type { TopicWriter } from './host.ts';
import { AtomicInvocation, userError, type InvocationOptions } from './invocation.ts';

/**
 * Writes values to a topic; what is written becomes visible with the commit. Records carry their event time, or, where
 * they have none and others than this engine read them, the time of writing: Kafka Streams fails on a record without.
 */
export class Sink implements Input {
  readonly #options: InvocationOptions;
  readonly #topic: Topic<unknown>;
  readonly #writer: TopicWriter;
  readonly #atomic: AtomicInvocation | undefined;

  constructor(options: InvocationOptions, topic: Topic<unknown>, writer: TopicWriter) {
    this.#options = options;
    this.#topic = topic;
    this.#writer = writer;
    this.#atomic = options.policy.kind === 'fail' ? undefined : new AtomicInvocation(options);
  }

  process(value: unknown): void {
    const { counters, host, id } = this.#options;
    counters.recordsIn++;
    if (this.#atomic !== undefined) {
      this.#atomic.run(
        () => {
          this.#write(value);
        },
        value,
        0,
      );
      return;
    }
    try {
      this.#write(value);
    } catch (thrown) {
      throw userError(thrown, id, host, value);
    }
  }

  #write(value: unknown): void {
    const { host, counters } = this.#options;
    const { codec, options } = this.#topic;
    const { partitions } = this.#writer;
    const { timestamp: eventTime } = host.cursor;
    const timestamp = this.#writer.timed && Number.isNaN(eventTime) ? host.clock.now() : eventTime;
    if (options.key === undefined) {
      this.#writer.write(host.partition % partitions, null, value, codec, timestamp);
    } else {
      const key = keyText(options.key(value));
      this.#writer.write(partitionOf(key, partitions), key, value, codec, timestamp);
    }
    counters.recordsOut++;
  }

  onTime(): void {
    // nothing to do: a topic carries no event time of its own
  }
}
