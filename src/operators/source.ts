/**
 * First operator of a chain: decodes the records of its partitions, reads their event time and keeps one watermark per
 * partition. Elements first, then time: the watermark moves only between slices.
 */
import type { Codec } from '../core/codec.ts';
import { NOT_READ, type RecordBatch } from '../core/record-batch.ts';
import { StreamError, preview } from '../core/stream-error.ts';
import { traceHeaders } from '../core/trace-headers.ts';
import type { SourceTimeOptions, WatermarkGenerator } from '../core/watermark-strategy.ts';
import type { Counters } from './counters.ts';
import type { OperatorHost } from './host.ts';
import { EventClock } from './event-clock.ts';
import type { Input } from './input.ts';
import type { Policy } from './invocation.ts';

export interface SourceOptions {
  readonly id: string;
  readonly host: OperatorHost;
  readonly codec: Codec<unknown>;
  readonly policy: Policy;
  readonly counters: Counters;
  readonly time: SourceTimeOptions<unknown>;
  /** Number of partitions this task reads of the topic. */
  readonly partitions: number;
  readonly generator: (() => WatermarkGenerator) | undefined;
  /** Never holds event time back: it has none (broadcast inputs without a watermark strategy). */
  readonly timeless: boolean;
}

export class Source {
  readonly id: string;
  readonly counters: Counters;
  readonly time: SourceTimeOptions<unknown>;
  readonly #host: OperatorHost;
  readonly #codec: Codec<unknown>;
  readonly #policy: Policy;
  readonly #timestamp: ((value: unknown, recordTimestamp: number) => number) | undefined;
  readonly #generators: readonly WatermarkGenerator[];
  readonly #clock: EventClock;
  readonly #out: Input;
  readonly #timeless: boolean;

  constructor(options: SourceOptions, out: Input) {
    this.id = options.id;
    this.counters = options.counters;
    this.#host = options.host;
    this.#codec = options.codec;
    this.#policy = options.policy;
    this.time = options.time;
    this.#timestamp = options.time.watermarks?.timestamp;
    const { generator } = options;
    this.#generators = generator === undefined ? [] : Array.from({ length: options.partitions }, () => generator());
    this.#clock = new EventClock(Math.max(1, options.partitions));
    this.#out = out;
    this.#timeless = options.timeless || options.partitions === 0;
  }

  /** Tells the operators behind it what does not come with a record: that there is no event time to wait for. */
  announce(): void {
    if (!this.#timeless) return;
    for (let i = 0; i < this.#clock.inputs; i++) this.moveTime(i, -Infinity, true);
  }

  /** Event time of the source; -Infinity before the first watermark. */
  get watermark(): number {
    return this.#clock.watermark;
  }

  /** Fetches what the codec needs for the records of a batch; undefined: nothing. Rejects when it cannot be fetched now. */
  prepare(batch: RecordBatch): Promise<unknown> | undefined {
    const codec = this.#codec;
    if (codec.prepare === undefined) return undefined;
    const { slab, valueStarts, valueEnds, count } = batch;
    const waiting = new Set<Promise<void>>();
    for (let i = 0; i < count; i++) {
      const start = valueStarts[i]!;
      const missing = start < 0 ? undefined : codec.prepare(slab, start, valueEnds[i]!);
      if (missing !== undefined) waiting.add(missing);
    }
    return waiting.size === 0 ? undefined : Promise.all(waiting);
  }

  /**
   * Feeds records `[from, to)` of a batch and returns the index of the next one: less than `to` when the task was held
   * (a full async operator) in between.
   */
  feed(batch: RecordBatch, index: number, from: number, to: number): number {
    const { cursor } = this.#host;
    const { slab, valueStarts, valueEnds, offsets, timestamps } = batch;
    const traced = batch.headerStarts !== undefined;
    const codec = this.#codec;
    const timestamp = this.#timestamp;
    const generator = this.#generators[index];
    const host = this.#host;
    const out = this.#out;
    cursor.topic = batch.topic;
    cursor.partition = batch.partition;
    cursor.rawSlab = slab;
    cursor.rawCodec = codec;
    let i = from;
    for (; i < to; i++) {
      const start = valueStarts[i]!;
      const end = valueEnds[i]!;
      let time = timestamps[i]!;
      let value: unknown;
      cursor.offset = offsets[i]!;
      cursor.key = ''; // the one before may have got one behind an exchange
      if (traced) cursor.trace = traceHeaders(batch, i); // also of a record that does not decode
      try {
        if (start < 0) throw noValue(start, end);
        value = codec.decode(slab, start, end);
      } catch (thrown) {
        this.#undecodable(thrown, batch, i);
        continue;
      }
      if (timestamp !== undefined) {
        time = timestamp(value, time);
        if (typeof time !== 'number' || !Number.isFinite(time)) {
          this.#undecodable(noTimestamp(time), batch, i);
          continue;
        }
      }
      if (generator !== undefined && time === time) generator.onTimestamp(time, value);
      cursor.timestamp = time;
      cursor.raw = value;
      cursor.rawStart = start;
      cursor.rawEnd = end;
      this.counters.recordsOut++;
      out.process(value);
      if (host.held) {
        i++;
        break;
      }
    }
    cursor.detach(); // what is written between slices belongs to no record, and the batch may be gone
    this.counters.recordsIn += i - from;
    return i;
  }

  /** Forwards the watermark of a partition after a slice. */
  afterSlice(index: number): void {
    this.moveTime(index, this.#generators[index]?.current() ?? -Infinity, false);
  }

  /**
   * Moves a partition's event time from outside: idleness, an idle source that follows the clock, the end of the input, a
   * restore. -Infinity leaves the time as it is.
   */
  moveTime(index: number, time: number, idle: boolean): void {
    const clock = this.#clock;
    if (!clock.update(index, time, idle || this.#timeless)) return;
    clock.arrive();
    this.#out.onTime(clock.watermark, clock.idle);
  }

  timeOf(index: number): number {
    return this.#clock.timeOf(index);
  }

  #undecodable(thrown: unknown, batch: RecordBatch, i: number): void {
    const start = batch.valueStarts[i]!;
    const raw = start < 0 ? Buffer.alloc(0) : Buffer.from(batch.slab.subarray(start, batch.valueEnds[i]));
    const error = StreamError.from(thrown, 'DECODE_FAILED', {
      job: this.#host.job,
      operator: this.id,
      task: this.#host.task,
      topic: batch.topic,
      partition: batch.partition,
      offset: batch.offsets[i],
      value: preview(raw.toString('utf8', 0, 200), 80),
      remedy: `Correct the producer, or choose onError 'deadLetter' (default) or 'skip' for this source.`,
    });
    let policy = this.#policy;
    while (policy.kind === 'retry') policy = policy.then; // the same bytes decode the same way
    switch (policy.kind) {
      case 'fail':
        throw error;
      case 'skip':
        this.counters.skipped++;
        return;
      case 'deadLetter':
        this.counters.deadLetters++;
        this.#host.deadLetter({ operator: this.id, error, raw, input: 0 });
        return;
    }
  }
}

function noValue(start: number, size: number): StreamError {
  return start === NOT_READ
    ? new StreamError('RECORD_TOO_LARGE', `the record has ${String(size)} bytes, too many to be read`)
    : new StreamError('DECODE_FAILED', 'the record has a null value');
}

function noTimestamp(time: unknown): StreamError {
  return new StreamError('TIMESTAMP_INVALID', `the timestamp function returned ${preview(time)}`);
}
