/** How a source tells event time. Specs are vocabulary; time/ implements the generators. */
import type { Duration } from './duration.ts';

export interface WatermarkGenerator<T = unknown> {
  /** Sees each record's event time in arrival order, and its value: some records say themselves how far time is. */
  onTimestamp(timestamp: number, value: T): void;
  /** The watermark now: no later record is expected to be at or before it. -Infinity: unknown. Never used to go back. */
  current(): number;
}

export interface WatermarkStrategy<T> {
  readonly kind: 'bounded' | 'monotonous' | 'custom';
  /** Largest disorder in milliseconds (`bounded`). */
  readonly boundMs: number;
  /** Event time of a value, milliseconds; default: the record's own timestamp. */
  readonly timestamp: ((value: T, recordTimestamp: number) => number) | undefined;
  readonly generator: (() => WatermarkGenerator<T>) | undefined;
}

export interface SourceTimeOptions<T> {
  readonly watermarks?: WatermarkStrategy<T>;
  /** A partition without records for this long leaves the minimum. Default: never. */
  readonly idleAfter?: Duration;
  /** When all partitions are idle and read to their end: follow the clock (`advance`, needs idleAfter) or stand still. */
  readonly whenIdle?: 'advance' | 'hold';
  /** Partitions whose watermark is further ahead of the slowest than this are paused. */
  readonly maxDrift?: Duration;
}
