/** The committed records of a topic, as a test looks at them. */
import type { Log, LogReader } from '../../core/log.ts';
import type { RecordHeader } from '../../core/record-batch.ts';
import { recordHeaders } from '../../core/record-headers.ts';
import type { Topic } from '../../core/topic.ts';

export interface OutputRecord<T> {
  readonly key: string | undefined;
  readonly value: T;
  /** Milliseconds since the epoch; NaN: none. */
  readonly timestamp: number;
  readonly partition: number;
  readonly offset: number;
  readonly headers: readonly RecordHeader[];
}

export class DriverOutput<T> {
  readonly #topic: Topic<T>;
  readonly #reader: LogReader;
  readonly #log: Log;
  readonly #records: OutputRecord<T>[] = [];
  readonly #positions: number[] = [];
  #taken = 0;

  constructor(topic: Topic<T>, log: Log) {
    this.#topic = topic;
    this.#log = log;
    this.#reader = log.reader();
  }

  /** All records so far: by time of arrival, those that came together by partition. */
  records(): readonly OutputRecord<T>[] {
    return [...this.#records];
  }

  values(): readonly T[] {
    return this.#records.map(({ value }) => value);
  }

  /** Values that came since the last call. */
  take(): readonly T[] {
    const values = this.values().slice(this.#taken);
    this.#taken = this.#records.length;
    return values;
  }

  /** Reads what was committed since the last call. The driver does this whenever the job stands still. */
  async read(): Promise<void> {
    const { name } = this.#topic;
    if (this.#positions.length === 0) {
      const [topic] = await this.#log.topics.describe([name]);
      this.#positions.push(...Array.from({ length: topic?.partitions ?? 0 }, () => 0));
    }
    for (const partition of this.#positions.keys()) await this.#readPartition(name, partition);
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }

  async #readPartition(topic: string, partition: number): Promise<void> {
    for (;;) {
      const offset = this.#positions[partition]!;
      const [answer] = await this.#reader.fetch({
        partitions: [{ topic, partition, offset }],
        partitionBytes: 1024 * 1024,
        maxWaitMs: 0,
        isolation: 'committed',
      });
      if (answer === undefined || answer.nextOffset === offset) return;
      this.#positions[partition] = answer.nextOffset;
      const { batch } = answer;
      for (let i = 0; batch !== undefined && i < batch.count; i++) {
        const { slab, keyStarts, keyEnds, valueStarts, valueEnds } = batch;
        this.#records.push({
          key: keyStarts[i]! < 0 ? undefined : slab.utf8Slice(keyStarts[i], keyEnds[i]),
          value: this.#topic.codec.decode(slab, Math.max(0, valueStarts[i]!), Math.max(0, valueEnds[i]!)),
          timestamp: batch.timestamps[i]!,
          partition,
          offset: batch.offsets[i]!,
          headers: recordHeaders(batch, i),
        });
      }
    }
  }
}
