/**
 * What state an operator declares (specs) and what its functions see (handles). Specs are plain frozen data; state/
 * implements the handles. All handles work on the current key, synchronously.
 */
import type { Codec } from './codec.ts';
import type { Duration } from './duration.ts';

export interface TtlOptions {
  readonly after: Duration;
  /** Clock that expiry is judged by. Default: processing time, as in Flink. */
  readonly time?: 'processing' | 'event';
  /** What prolongs life: writes only (default), or reads too. */
  readonly refresh?: 'write' | 'read-and-write';
}

export interface StateOptions {
  /** Entries disappear this long after their last write: `'5m'`, or with options. Per entry for lists and maps. */
  readonly ttl?: Duration | TtlOptions;
}

export interface ValueState<T> {
  /** Undefined when nothing is stored. The value is immutable: change it by `set`. */
  get(): T | undefined;
  set(value: T): void;
  clear(): void;
}

export interface ListState<T> {
  add(value: T): void;
  addAll(values: Iterable<T>): void;
  /** All entries in the order they were added. */
  get(): readonly T[];
  /** Replaces the whole list. */
  set(values: readonly T[]): void;
  readonly size: number;
  clear(): void;
}

export interface MapState<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
  has(key: K): boolean;
  delete(key: K): void;
  /** Entries in insertion order of their keys. Do not change the map while iterating. */
  entries(): IterableIterator<[K, V]>;
  keys(): IterableIterator<K>;
  values(): IterableIterator<V>;
  readonly size: number;
  clear(): void;
}

export interface ReducingState<T> {
  get(): T | undefined;
  add(value: T): void;
  clear(): void;
}

export interface AggregatingState<I, O> {
  get(): O | undefined;
  add(value: I): void;
  clear(): void;
}

/** Flink's AggregateFunction. `merge` is needed where accumulators meet (sessions). Accumulators are immutable values. */
export interface Aggregator<I, A, O> {
  create(): A;
  add(value: I, accumulator: A): A;
  result(accumulator: A): O;
  merge?(a: A, b: A): A;
}

export interface ValueSpec<T> {
  readonly kind: 'value';
  readonly codec: Codec<T>;
  readonly options: StateOptions;
}
export interface ListSpec<T> {
  readonly kind: 'list';
  readonly codec: Codec<T>;
  readonly options: StateOptions;
}
export interface MapSpec<K extends string | number, V> {
  readonly kind: 'map';
  readonly keyCodec: Codec<K>;
  readonly codec: Codec<V>;
  readonly options: StateOptions;
}
export interface ReducingSpec<T> {
  readonly kind: 'reducing';
  readonly codec: Codec<T>;
  reduce(a: T, b: T): T;
  readonly options: StateOptions;
}
export interface AggregatingSpec<I, A, O> {
  readonly kind: 'aggregating';
  readonly codec: Codec<A>;
  readonly aggregator: Aggregator<I, A, O>;
  readonly options: StateOptions;
}

export type StateSpec =
  | ValueSpec<unknown>
  | ListSpec<unknown>
  | MapSpec<string | number, unknown>
  | ReducingSpec<unknown>
  | AggregatingSpec<unknown, unknown, unknown>;

/** The handle a spec gives. */
export type HandleOf<S> =
  S extends ValueSpec<infer T>
    ? ValueState<T>
    : S extends ListSpec<infer T>
      ? ListState<T>
      : S extends MapSpec<infer K, infer V>
        ? MapState<K, V>
        : S extends ReducingSpec<infer T>
          ? ReducingState<T>
          : S extends AggregatingSpec<infer I, infer _A, infer O>
            ? AggregatingState<I, O>
            : never;

/** The handles of a record of specs, as `ctx.state`. */
export type Handles<S> = { readonly [N in keyof S]: HandleOf<S[N]> };

/** One value per key. */
export function valueState<T>(codec: Codec<T>, options: StateOptions = {}): ValueSpec<T> {
  return Object.freeze({ kind: 'value', codec, options });
}

/** An appendable list per key; one row per entry. */
export function listState<T>(codec: Codec<T>, options: StateOptions = {}): ListSpec<T> {
  return Object.freeze({ kind: 'list', codec, options });
}

/** A map per key; one row per entry. Map keys are text or numbers: `mapState(string, Contract)`. */
export function mapState<K extends string | number, V>(
  keyCodec: Codec<K>,
  codec: Codec<V>,
  options: StateOptions = {},
): MapSpec<K, V> {
  return Object.freeze({ kind: 'map', keyCodec, codec, options });
}

/** One value per key, combined with each added one. */
export function reducingState<T>(
  codec: Codec<T>,
  reduce: (a: T, b: T) => T,
  options: StateOptions = {},
): ReducingSpec<T> {
  return Object.freeze({ kind: 'reducing', codec, reduce, options });
}

/** One accumulator per key; `codec` writes the accumulator. */
export function aggregatingState<I, A, O>(
  codec: Codec<A>,
  aggregator: Aggregator<I, A, O>,
  options: StateOptions = {},
): AggregatingSpec<I, A, O> {
  return Object.freeze({ kind: 'aggregating', codec, aggregator, options });
}
