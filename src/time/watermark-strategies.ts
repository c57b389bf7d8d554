/** The public constructors of watermark strategies, and the generators behind them. */
import { toMs } from '../core/duration.ts';
import type { Duration } from '../core/duration.ts';
import type { WatermarkGenerator, WatermarkStrategy } from '../core/watermark-strategy.ts';

type TimestampOf<T> = (value: T, recordTimestamp: number) => number;

/** Records may be late by up to `bound`: the watermark is the largest event time seen - bound - 1 ms, as in Flink. */
export function boundedOutOfOrderness<T>(bound: Duration, timestamp?: TimestampOf<T>): WatermarkStrategy<T> {
  const boundMs = toMs(bound, 'the bound of boundedOutOfOrderness');
  return Object.freeze({ kind: 'bounded', boundMs, timestamp, generator: undefined });
}

/** Event times never decrease within a partition. */
export function monotonousTimestamps<T>(timestamp?: TimestampOf<T>): WatermarkStrategy<T> {
  return Object.freeze({ kind: 'monotonous', boundMs: 0, timestamp, generator: undefined });
}

/** A strategy with its own generator; one generator is made per partition. */
export function watermarkStrategy<T>(options: {
  readonly generator: () => WatermarkGenerator<T>;
  readonly timestamp?: TimestampOf<T>;
}): WatermarkStrategy<T> {
  const { generator, timestamp } = options;
  return Object.freeze({ kind: 'custom', boundMs: 0, timestamp, generator });
}
