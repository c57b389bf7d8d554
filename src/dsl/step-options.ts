/** Options of the steps of a topology. */
import type { Codec } from '../core/codec.ts';
import type { Duration } from '../core/duration.ts';
import type { Key } from '../core/partitioner.ts';
import type { Aggregator, StateOptions } from '../core/state-spec.ts';
import type { SourceTimeOptions } from '../core/watermark-strategy.ts';
import type { AsyncMapNode, SourceNode } from '../graph/nodes.ts';
import type { OnError } from './on-error.ts';

export interface SourceOptions<T> extends SourceTimeOptions<T> {
  /** Where a group without committed position starts; `none`: that is an error. Default: earliest. */
  readonly start?: SourceNode['start'];
  /**
   * Where to go on when the position is not in the log any more, because retention was faster than the job. Records between
   * are lost then, so the default is to fail with OFFSET_OUT_OF_RANGE.
   */
  readonly outOfRange?: SourceNode['outOfRange'];
  /** What to do with records that do not decode. Default: deadLetter. */
  readonly onError?: OnError;
}

export interface StepOptions {
  /** Name in metrics, errors and dead letters. Default: derived from the step's position. */
  readonly id?: string;
  /** Default: fail. */
  readonly onError?: OnError;
}

export interface StepToOptions<U> extends StepOptions {
  /** Codec of the new type: needed when an exchange, an asynchronous call or a reduce comes before the next codec. */
  readonly codec?: Codec<U>;
}

export interface SinkOptions {
  /** What to do with values that do not encode. Default: fail. */
  readonly onError?: OnError;
}

export interface KeyByOptions {
  /** Partitions of the exchange. Default: as many as the largest input of its writers. */
  readonly partitions?: number;
}

/** Default of onError: fail. */
export interface KeyedStepOptions extends StateOptions {
  readonly onError?: OnError;
}

export interface AggregateOptions<A, O> extends KeyedStepOptions {
  /** Writes what is kept per key. */
  readonly accumulator: Codec<A>;
  readonly output: Codec<O>;
}

export interface AggregateResultOptions<K extends Key, A, O, R> extends KeyedStepOptions {
  /** May be left out when the aggregator brings its own. */
  readonly accumulator?: Codec<A>;
  /** Makes the value to emit, for example one that holds the key. */
  readonly result: (value: O, key: K) => R;
  readonly output: Codec<R>;
}

/** An aggregator that knows how its accumulator and result are written. */
export interface CodedAggregator<I, A, O> extends Aggregator<I, A, O> {
  readonly accumulator: Codec<A>;
  readonly output: Codec<O>;
}

export interface AsyncMapOptions<U> {
  readonly output: Codec<U>;
  /** Order of the results: that of the inputs, or as they come (never across a watermark). Default: ordered. */
  readonly mode?: AsyncMapNode['mode'];
  /** Calls running at once, per task. Default: 16. */
  readonly slots?: number;
  /** Elements waiting for a slot, per task; beyond it the input is paused. Default: 256. */
  readonly waiting?: number;
  /** Default: 30 s. */
  readonly attemptTimeout?: Duration;
  /** Default: fail. */
  readonly onError?: OnError;
}
