/**
 * The streams that a topology is written with: what a user's editor shows. Streams are immutable; every method adds one
 * node to the graph and returns a new stream. Ids are required where state, time or I/O live, because stored state,
 * internal topics and metrics are named by them.
 */
import type { Codec } from '../core/codec.ts';
import type { Key } from '../core/partitioner.ts';
import type { SideOutputSpecs } from '../core/process-function.ts';
import type { Aggregator, MapSpec, StateSpec } from '../core/state-spec.ts';
import type { Topic } from '../core/topic.ts';
import type { CallContext } from '../graph/nodes.ts';
import type {
  AggregateOptions,
  AggregateResultOptions,
  AsyncMapOptions,
  CodedAggregator,
  KeyByOptions,
  KeyedStepOptions,
  SinkOptions,
  StepOptions,
  StepToOptions,
} from './step-options.ts';
import type {
  BroadcastProcess,
  CoProcess,
  KeyedBroadcastProcess,
  KeyedProcess,
  None,
  Process,
} from './process-specs.ts';
import type { Guarded, MatchingKey, NoPromise, Rest, TopicFor } from './type-checks.ts';

export type BroadcastSpecs = Readonly<Record<string, MapSpec<string | number, unknown>>>;

/** The streams of the branches of a split, narrowed by those that are type guards. */
export type Split<T, B> = { readonly [N in keyof B]: DataStream<Guarded<B[N], T>> };

export interface DataStream<T> {
  /** One value out for each value in. */
  map<U>(transform: ((value: T) => U) & NoPromise<U>, options?: StepToOptions<U>): DataStream<U>;

  /** Keeps the values that pass. A type guard narrows the stream. */
  filter<U extends T>(test: (value: T) => value is U, options?: StepOptions): DataStream<U>;
  filter(test: (value: T) => boolean, options?: StepOptions): DataStream<T>;

  /** Any number of values out for each value in. */
  flatMap<U>(transform: (value: T) => Iterable<U> | readonly U[], options?: StepToOptions<U>): DataStream<U>;

  /** Outputs and side outputs with a view of time, without state. */
  process<O = never, SO extends SideOutputSpecs = None>(id: string, spec: Process<T, O, SO>): ProcessStream<O, SO>;

  /** Gives every value a key; what follows runs in the task of that key. */
  keyBy<K extends Key>(key: (value: T) => K, options?: KeyByOptions): KeyedStream<K, T>;

  /** All values of all streams, without order between them. */
  union<U>(...others: readonly DataStream<U>[]): DataStream<T | U>;

  /**
   * One stream per branch; a value goes to the first branch that takes it. `default` names the stream of the others, or
   * is `'drop'`.
   */
  split<B extends Readonly<Record<string, (value: T) => boolean>>, D extends string>(
    branches: B,
    options: { readonly default: D },
  ): Split<T, B> & Readonly<Record<Exclude<D, 'drop'>, DataStream<Rest<T, B>>>>;

  /** Calls an asynchronous function. Calls in flight are state: after a crash they are made again, with the same id. */
  asyncMap<U>(
    id: string,
    call: (value: T, call: CallContext) => Promise<U>,
    options: AsyncMapOptions<U>,
  ): DataStream<U>;

  /** Makes this stream one that every task reads in full, kept in the given maps by `connect(...).process`. */
  broadcast<B extends BroadcastSpecs>(state: B): BroadcastStream<T, B>;

  /** This stream beside a broadcast one. */
  connect<U, B extends BroadcastSpecs>(other: BroadcastStream<U, B>): BroadcastConnected<T, U, B>;

  /** Writes to a topic. */
  sinkTo<U>(id: string, topic: Topic<U> & TopicFor<T, U>, options?: SinkOptions): void;
}

/** A stream as it was read: `R` is the type of the records, `T` what filters left of them. */
export interface SourceStream<T, R = T> extends DataStream<T> {
  filter<U extends T>(test: (value: T) => value is U, options?: StepOptions): SourceStream<U, R>;
  filter(test: (value: T) => boolean, options?: StepOptions): SourceStream<T, R>;

  /**
   * Like keyBy without an exchange, for topics that are already partitioned by this key. Checked record by record:
   * KEY_MISPLACED when one is on another partition.
   */
  keyedByRecordKey<K extends Key>(key: (record: R) => K): KeyedStream<K, T>;
}

/** What a process function emits, and its side outputs. */
export interface ProcessStream<O, SO extends SideOutputSpecs> extends DataStream<O> {
  sideOutput<N extends keyof SO & string>(name: N): DataStream<SO[N] extends Codec<infer V> ? V : never>;
}

/** Values by key: everything that keeps state starts here. */
export interface KeyedStream<K extends Key, T> {
  /** Keyed state, timers, outputs and side outputs. */
  process<S extends Readonly<Record<string, StateSpec>> = None, O = never, SO extends SideOutputSpecs = None>(
    id: string,
    spec: KeyedProcess<K, T, S, O, SO>,
  ): ProcessStream<O, SO>;

  /** Combines each value with what came before it under its key; emits every new result. */
  reduce(id: string, combine: (a: T, b: T) => T, options?: KeyedStepOptions): DataStream<T>;

  /** Folds the values of a key; emits every new result. */
  aggregate<A, O, R>(
    id: string,
    aggregator: Aggregator<T, A, O>,
    options: AggregateResultOptions<K, A, O, R>,
  ): DataStream<R>;
  aggregate<A, O>(id: string, aggregator: CodedAggregator<T, A, O>, options?: KeyedStepOptions): DataStream<O>;
  aggregate<A, O>(id: string, aggregator: Aggregator<T, A, O>, options: AggregateOptions<A, O>): DataStream<O>;

  /** Two streams of the same key over one state, or this stream beside a broadcast one. */
  connect<K2 extends Key, U>(other: KeyedStream<K2, U> & MatchingKey<K, K2>): ConnectedStreams<K, T, U>;
  connect<U, B extends BroadcastSpecs>(other: BroadcastStream<U, B>): KeyedBroadcastConnected<K, T, U, B>;

  /** Like DataStream.asyncMap, in the task of the key. */
  asyncMap<U>(
    id: string,
    call: (value: T, call: CallContext) => Promise<U>,
    options: AsyncMapOptions<U>,
  ): DataStream<U>;
}

export interface ConnectedStreams<K extends Key, T, U> {
  process<S extends Readonly<Record<string, StateSpec>> = None, O = never, SO extends SideOutputSpecs = None>(
    id: string,
    spec: CoProcess<K, T, U, S, O, SO>,
  ): ProcessStream<O, SO>;
}

export interface BroadcastStream<T, B extends BroadcastSpecs> {
  /** The maps that broadcast values are kept in. */
  readonly state: B;
  /** Carries the type of the values; no value. */
  readonly values?: T;
}

export interface BroadcastConnected<T, U, B extends BroadcastSpecs> {
  process<O = never, SO extends SideOutputSpecs = None>(
    id: string,
    spec: BroadcastProcess<T, U, B, O, SO>,
  ): ProcessStream<O, SO>;
}

export interface KeyedBroadcastConnected<K extends Key, T, U, B extends BroadcastSpecs> {
  process<S extends Readonly<Record<string, StateSpec>> = None, O = never, SO extends SideOutputSpecs = None>(
    id: string,
    spec: KeyedBroadcastProcess<K, T, U, B, S, O, SO>,
  ): ProcessStream<O, SO>;
}
