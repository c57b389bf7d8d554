/**
 * The two ends of an exchange: the writing end picks the task of each key, the entry gives the element its key and merges
 * the watermarks of all upstream tasks.
 *
 *   direct:  DirectExchange -> ExchangeEntry of the target task           one worker, a call
 *   log:     LogExchange -> repartition topic -> LogEntry -> ...       values as bytes, watermarks as marks in-band
 */
import type { Codec } from '../core/codec.ts';
import { keyText, partitionOf, type Key } from '../core/partitioner.ts';
import { StreamError } from '../core/stream-error.ts';
import { traceHeaders } from '../core/trace-headers.ts';
import type { Counters } from './counters.ts';
import { EventClock } from './event-clock.ts';
import type { OperatorHost, TopicWriter } from './host.ts';
import type { RecordBatch } from '../core/record-batch.ts';
import type { WatermarkMark } from '../time/watermark-mark.ts';
import type { Input } from './input.ts';
import { userError } from './invocation.ts';

export type KeySelector = (value: unknown) => Key;

/** Where the elements of an exchange come in: one per task and exchange. */
export class ExchangeEntry {
  readonly #host: OperatorHost;
  readonly #out: Input;
  #clock: EventClock;

  constructor(host: OperatorHost, upstreams: number, out: Input) {
    this.#host = host;
    this.#out = out;
    this.#clock = new EventClock(upstreams);
  }

  get upstreams(): EventClock {
    return this.#clock;
  }

  element(key: Key, value: unknown): void {
    this.#host.cursor.key = key;
    this.#out.process(value);
  }

  /** A mark from an upstream task. `upstreamCount` grows when the upstream was given more tasks. */
  mark(upstream: number, upstreamCount: number, time: number, idle: boolean): void {
    if (upstreamCount > this.#clock.inputs) this.#clock = this.#clock.grown(upstreamCount);
    if (this.#clock.update(upstream, time, idle)) this.#forward();
  }

  /** What a cut had reached, upstream by upstream; event time may be ahead of one that came back from idleness. */
  restore(times: readonly number[], idle: ReadonlySet<number>, reached: number): void {
    if (times.length > this.#clock.inputs) this.#clock = this.#clock.grown(times.length);
    times.forEach((time, upstream) => this.#clock.update(upstream, time, idle.has(upstream)));
    this.#clock.raise(reached);
    this.#forward();
  }

  #forward(): void {
    this.#clock.arrive();
    this.#out.onTime(this.#clock.watermark, this.#clock.idle);
  }
}

interface ExchangeOptions {
  readonly id: string;
  readonly host: OperatorHost;
  readonly key: KeySelector;
  readonly counters: Counters;
}

/** Direct exchange: a call into the target task of the same worker. */
export class DirectExchange implements Input {
  readonly #options: ExchangeOptions;
  readonly #targets: readonly ExchangeEntry[];
  readonly #upstream: number;
  readonly #upstreamCount: number;

  constructor(options: ExchangeOptions, targets: readonly ExchangeEntry[], upstreamCount: number) {
    this.#options = options;
    this.#targets = targets;
    this.#upstream = options.host.partition;
    this.#upstreamCount = upstreamCount;
  }

  process(value: unknown): void {
    let key: Key;
    let target = 0;
    try {
      key = this.#options.key(value);
      // With one target only the kind of key is checked; its text is made where state needs it.
      if (this.#targets.length > 1 || (typeof key !== 'string' && typeof key !== 'number')) {
        target = partitionOf(keyText(key), this.#targets.length);
      }
    } catch (thrown) {
      throw userError(thrown, this.#options.id, this.#options.host, value);
    }
    const { counters } = this.#options;
    counters.recordsIn++;
    counters.recordsOut++;
    this.#targets[target]!.element(key, value);
  }

  onTime(time: number, idle: boolean): void {
    for (const target of this.#targets) target.mark(this.#upstream, this.#upstreamCount, time, idle);
  }
}

/** Log exchange, reading end: records have a key, marks have none. */
export class LogEntry {
  readonly #entry: ExchangeEntry;
  readonly #options: ExchangeOptions;
  readonly #codec: Codec<unknown>;
  readonly #marks: Codec<WatermarkMark>;

  constructor(options: ExchangeOptions, entry: ExchangeEntry, codec: Codec<unknown>, marks: Codec<WatermarkMark>) {
    this.#options = options;
    this.#entry = entry;
    this.#codec = codec;
    this.#marks = marks;
  }

  get upstreams(): EventClock {
    return this.#entry.upstreams;
  }

  /** Like Source.feed; stops after a mark that made timers due, so that they fire before the next record. */
  feed(batch: RecordBatch, from: number, to: number): number {
    const { host, key } = this.#options;
    const { cursor } = host;
    const { slab, keyStarts, valueStarts, valueEnds, offsets, timestamps } = batch;
    cursor.topic = batch.topic;
    cursor.partition = batch.partition;
    cursor.rawSlab = slab;
    cursor.rawCodec = this.#codec;
    const traced = batch.headerStarts !== undefined;
    let i = from;
    while (i < to) {
      const start = valueStarts[i]!;
      const end = valueEnds[i]!;
      cursor.offset = offsets[i]!;
      if (keyStarts[i]! < 0) {
        cursor.trace = undefined;
        const mark = this.#marks.decode(slab, start, end);
        this.#entry.mark(mark.upstream, mark.upstreamCount, mark.watermark, mark.idle);
        i++;
        if (host.advancing) break;
        continue;
      }
      const value = this.#codec.decode(slab, start, end);
      cursor.timestamp = timestamps[i]!;
      cursor.raw = value;
      cursor.rawStart = start;
      cursor.rawEnd = end;
      cursor.trace = traced ? traceHeaders(batch, i) : undefined;
      this.#entry.element(key(value), value);
      i++;
      if (host.held) break;
    }
    cursor.detach(); // as in Source.feed
    return i;
  }

  restore(times: readonly number[], idle: ReadonlySet<number>, reached: number): void {
    this.#entry.restore(times, idle, reached);
  }
}

/** Log exchange, writing end. Marks are written by the commit, so that they travel inside its transaction. */
export class LogExchange implements Input {
  readonly #options: ExchangeOptions;
  readonly #writer: TopicWriter;
  readonly #codec: Codec<unknown>;
  readonly #upstreamCount: number;
  #time = -Infinity;
  #idle = false;
  #changed = false;

  constructor(options: ExchangeOptions, writer: TopicWriter, codec: Codec<unknown>, upstreamCount: number) {
    this.#options = options;
    this.#writer = writer;
    this.#codec = codec;
    this.#upstreamCount = upstreamCount;
  }

  process(value: unknown): void {
    const { host, counters } = this.#options;
    try {
      const key = keyText(this.#options.key(value));
      const partition = partitionOf(key, this.#writer.partitions);
      counters.recordsIn++;
      this.#writer.write(partition, key, value, this.#codec, host.cursor.timestamp);
      counters.recordsOut++;
    } catch (thrown) {
      throw userError(thrown, this.#options.id, host, value);
    }
  }

  onTime(time: number, idle: boolean): void {
    this.#time = time;
    this.#idle = idle;
    this.#changed = true;
  }

  /** Writes the current mark to every partition when it changed since the last call. */
  writeMarks(codec: Codec<WatermarkMark>): void {
    if (!this.#changed) return;
    this.#changed = false;
    const mark: WatermarkMark = {
      upstream: this.#options.host.partition,
      upstreamCount: this.#upstreamCount,
      watermark: this.#time,
      idle: this.#idle,
    };
    for (let p = 0; p < this.#writer.partitions; p++) this.#writer.write(p, null, mark, codec, NaN);
  }
}

/** Checks that records already are on the partition of their key, instead of moving them. */
export class KeyAssertion implements Input {
  readonly #options: ExchangeOptions;
  readonly #partitions: number;
  readonly #out: Input;

  constructor(options: ExchangeOptions, partitions: number, out: Input) {
    this.#options = options;
    this.#partitions = partitions;
    this.#out = out;
  }

  process(value: unknown): void {
    const { host, id } = this.#options;
    let key: Key;
    try {
      key = this.#options.key(value);
      const text = keyText(key);
      const expected = partitionOf(text, this.#partitions);
      if (expected !== host.partition) {
        throw new StreamError(
          'KEY_MISPLACED',
          `key ${JSON.stringify(text)} belongs to partition ${String(expected)} of ${String(this.#partitions)}`,
          { key: text, remedy: 'Use keyBy, which moves records, or write the topic with the default partitioner.' },
        );
      }
    } catch (thrown) {
      throw userError(thrown, id, host, value);
    }
    host.cursor.key = key;
    this.#out.process(value);
  }

  onTime(time: number, idle: boolean): void {
    this.#out.onTime(time, idle);
  }
}
