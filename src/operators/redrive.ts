/**
 * Input of dead letters that were sent back: each enters at the operator it failed in, with the key, event time and
 * lineage it had. What fails again becomes a dead letter again.
 */
import type { Codec } from '../core/codec.ts';
import type { Key } from '../core/partitioner.ts';
import { recordBatchOf, type RecordBatch } from '../core/record-batch.ts';
import { StreamError } from '../core/stream-error.ts';
import type { FiredTimer, OperatorHost } from './host.ts';
import type { Input } from './input.ts';
import type { KeyedOperator } from './keyed-operator.ts';
import type { Source } from './source.ts';

/** What of a dead letter matters here; runtime/dead-letters.ts has it all. */
export interface Redriven {
  readonly operator: string;
  readonly input: number;
  readonly source: string;
  readonly partition: number;
  readonly offset: number;
  readonly key?: Key;
  readonly timestamp?: number;
  readonly raw: string;
  readonly timer?: FiredTimer;
}

/** Where an operator takes values in. */
export interface Entrance {
  readonly input: Input;
  readonly codec: Codec<unknown>;
}

export class Redrive {
  readonly #host: OperatorHost;
  readonly #codec: Codec<Redriven>;
  readonly #sources: ReadonlyMap<string, Source>;
  readonly #entrance: (operator: string, input: number) => Entrance | undefined;
  readonly #timersOf: (operator: string) => KeyedOperator | undefined;

  constructor(
    host: OperatorHost,
    codec: Codec<Redriven>,
    sources: ReadonlyMap<string, Source>,
    entrance: (operator: string, input: number) => Entrance | undefined,
    timersOf: (operator: string) => KeyedOperator | undefined,
  ) {
    this.#host = host;
    this.#codec = codec;
    this.#sources = sources;
    this.#entrance = entrance;
    this.#timersOf = timersOf;
  }

  /** Like Source.prepare. */
  prepare(batch: RecordBatch): Promise<unknown> | undefined {
    const waiting: Promise<unknown>[] = [];
    for (let i = 0; i < batch.count; i++) {
      const start = batch.valueStarts[i]!;
      if (start < 0) continue;
      const letter = this.#codec.decode(batch.slab, start, batch.valueEnds[i]!);
      const missing = this.#sources.get(letter.operator)?.prepare(recordOf(letter));
      if (missing !== undefined) waiting.push(missing);
    }
    return waiting.length === 0 ? undefined : Promise.all(waiting);
  }

  /** Like Source.feed. A letter whose operator is gone is left out: the graph has changed since. */
  feed(batch: RecordBatch, from: number, to: number): number {
    for (let i = from; i < to; i++) {
      const start = batch.valueStarts[i]!;
      if (start >= 0) this.#enter(this.#codec.decode(batch.slab, start, batch.valueEnds[i]!));
      if (this.#host.held) return i + 1;
    }
    return to;
  }

  #enter(letter: Redriven): void {
    if (letter.timer !== undefined) {
      const { domain, time } = letter.timer;
      this.#timersOf(letter.operator)?.refire(letter.key ?? '', domain, time);
      return;
    }
    const source = this.#sources.get(letter.operator);
    if (source !== undefined) {
      source.feed(recordOf(letter), 0, 0, 1);
      return;
    }
    const entrance = this.#entrance(letter.operator, letter.input);
    if (entrance === undefined) return;
    const { cursor } = this.#host;
    cursor.detach();
    cursor.topic = letter.source;
    cursor.partition = letter.partition;
    cursor.offset = letter.offset;
    cursor.timestamp = letter.timestamp ?? NaN;
    cursor.key = letter.key ?? '';
    const raw = Buffer.from(letter.raw, 'base64');
    let value: unknown;
    try {
      value = entrance.codec.decode(raw, 0, raw.length);
    } catch (thrown) {
      // Another contract by now, or a value that could not be written at all.
      const { operator, input } = letter;
      this.#host.deadLetter({ operator, error: StreamError.from(thrown, 'DECODE_FAILED'), raw, input });
      return;
    }
    entrance.input.process(value);
  }
}

/** The record that a source could not take. */
function recordOf({ source, partition, offset, raw, timestamp = NaN }: Redriven): RecordBatch {
  return recordBatchOf(source, partition, offset, [{ value: Buffer.from(raw, 'base64'), timestamp }]);
}
