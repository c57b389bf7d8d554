/** What the functions of keyed operators get: state, timers, time, side outputs. */
import type { Codec } from './codec.ts';
import type { Key } from './partitioner.ts';
import type { Handles, MapState } from './state-spec.ts';

export type TimeDomain = 'event' | 'processing';

/**
 * Timers of the current key. One timer per key, domain and time; deleting needs the exact time. A time that is already
 * past fires at the next advance of its clock.
 */
export interface Timers {
  registerEventTime(timeMs: number): void;
  registerProcessingTime(timeMs: number): void;
  deleteEventTime(timeMs: number): void;
  deleteProcessingTime(timeMs: number): void;
}

export interface ElementContext<O, SO> {
  /** Event time of the current element (or the timer's time); NaN: it has none. */
  readonly timestamp: number;
  /** Current event time of this operator: no element at or before it is expected. -Infinity before the first. */
  readonly watermark: number;
  /** Current processing time, milliseconds since the epoch. */
  readonly processingTime: number;
  /** Emits to the main output with the current timestamp. */
  emit(value: O): void;
  /** Emits to a declared side output. */
  output<N extends keyof SO & string>(name: N, value: SO[N]): void;
}

export interface KeyedContext<K extends Key, S, O, SO> extends ElementContext<O, SO> {
  readonly key: K;
  readonly state: Handles<S>;
  readonly timers: Timers;
  /** Clears every state of the current key (timers stay). */
  clearState(): void;
}

export interface TimerContext<K extends Key, S, O, SO> extends KeyedContext<K, S, O, SO> {
  readonly domain: TimeDomain;
}

/** Side outputs by name, each with the codec of its values. */
export type SideOutputSpecs = Readonly<Record<string, Codec<unknown>>>;

export type SideOutputValues<SO> = { readonly [N in keyof SO]: SO[N] extends Codec<infer T> ? T : never };

/** Broadcast state as the keyed side sees it. */
export type ReadonlyMapState<K, V> = Pick<MapState<K, V>, 'get' | 'has' | 'entries' | 'keys' | 'values' | 'size'>;
