/** A source of a topology, as a test feeds it. */
import { BatchWriter } from '../../core/batch-writer.ts';
import { ByteWriter } from '../../core/byte-writer.ts';
import type { Clock } from '../../core/clock.ts';
import type { Log, Transactor } from '../../core/log.ts';
import { keyText, partitionOf, type Key } from '../../core/partitioner.ts';
import type { RecordHeader } from '../../core/record-batch.ts';
import { RowBatch } from '../../core/row-batch.ts';
import { bytes, type Codec } from '../../core/codec.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { Topic } from '../../core/topic.ts';

export interface SendOptions {
  /** Record time: milliseconds since the epoch, an ISO date and time, or a time of the current day. Default: now. */
  readonly at?: number | string;
  /** Record key. Default: that of the topic, else none. */
  readonly key?: Key;
  /** Default: by the key, else partition 0. */
  readonly partition?: number;
  readonly headers?: readonly RecordHeader[];
}

export interface DriverInputContext {
  readonly log: Log;
  readonly clock: Clock;
  readonly settle: () => Promise<void>;
}

export class DriverInput<T> {
  readonly #topic: Topic<T>;
  readonly #context: DriverInputContext;
  #transactor: Transactor | undefined;

  constructor(topic: Topic<T>, context: DriverInputContext) {
    this.#topic = topic;
    this.#context = context;
  }

  /** Writes a value and waits until the job has done what it can with it. */
  send(value: T, options: SendOptions = {}): Promise<void> {
    return this.sendAll([value], options);
  }

  /** Values in one commit, all with the same options. */
  sendAll(values: readonly T[], options: SendOptions = {}): Promise<void> {
    const { codec, options: topicOptions } = this.#topic;
    return this.#write(
      values.map((value) => ({ value, key: options.key ?? topicOptions.key?.(value) })),
      codec,
      options,
    );
  }

  /** Any bytes as a value: what no codec would write. */
  sendBytes(value: Uint8Array, options: SendOptions = {}): Promise<void> {
    return this.#write([{ value, key: options.key }], bytes, options);
  }

  async #write<V>(
    records: readonly { readonly value: V; readonly key: Key | undefined }[],
    codec: Codec<V>,
    options: SendOptions,
  ): Promise<void> {
    const { log, clock, settle } = this.#context;
    const { name } = this.#topic;
    this.#transactor ??= await log.transactor(`driver-input-${name}`, 60_000);
    const [topic] = await log.topics.describe([name]);
    const count = topic!.partitions;
    const at = timeOf(options.at, clock);
    const writers = new Map<number, BatchWriter>();
    for (const { value, key } of records) {
      const text = key === undefined ? null : keyText(key);
      const partition = options.partition ?? (text === null ? 0 : partitionOf(text, count));
      if (!(partition >= 0 && partition < count)) {
        throw new StreamError('TOPIC_UNKNOWN', `the topic has ${count} partitions`, { topic: name, partition });
      }
      const writer = writers.get(partition) ?? new BatchWriter(name, partition);
      writers.set(partition, writer);
      writer.append(text, codec, value, at, options.headers);
    }
    const outputs = [...writers.values()].flatMap((writer) => writer.seal() ?? []);
    const member = { group: 'driver-inputs', generation: -1, memberId: '' };
    await this.#transactor.commit({ outputs, offsets: [], member, rows: new RowBatch(new ByteWriter(0)) });
    await settle();
  }
}

function timeOf(at: number | string | undefined, clock: Clock): number {
  if (typeof at === 'number') return at;
  if (at === undefined) return clock.now();
  const today = new Date(clock.now()).toISOString().slice(0, 'yyyy-mm-dd'.length);
  const time = Date.parse(/^\d\d:\d\d/.test(at) ? `${today}T${at}Z` : at);
  if (!Number.isNaN(time)) return time;
  throw new StreamError('TIMESTAMP_INVALID', `'${at}' is no time`, {
    remedy: "Give milliseconds, '10:30:45.123' of the current day, or an ISO date and time.",
  });
}
