/** Small aggregators that bring their own codecs: `aggregate('per-key', count())`. */
import { json, number } from '../core/codec.ts';
import type { CodedAggregator } from './step-options.ts';

/** How many elements there were. */
export function count(): CodedAggregator<unknown, number, number> {
  return {
    accumulator: number,
    output: number,
    create: () => 0,
    add: (_value, counted) => counted + 1,
    result: (counted) => counted,
    merge: (a, b) => a + b,
  };
}

export function sum<T>(of: (value: T) => number): CodedAggregator<T, number, number> {
  return {
    accumulator: number,
    output: number,
    create: () => 0,
    add: (value, summed) => summed + of(value),
    result: (summed) => summed,
    merge: (a, b) => a + b,
  };
}

/** The smallest number; Infinity before the first. */
export function min<T>(of: (value: T) => number): CodedAggregator<T, number, number> {
  return {
    accumulator: number,
    output: number,
    create: () => Infinity,
    add: (value, least) => Math.min(least, of(value)),
    result: (least) => least,
    merge: (a, b) => Math.min(a, b),
  };
}

/** The largest number; -Infinity before the first. */
export function max<T>(of: (value: T) => number): CodedAggregator<T, number, number> {
  return {
    accumulator: number,
    output: number,
    create: () => -Infinity,
    add: (value, most) => Math.max(most, of(value)),
    result: (most) => most,
    merge: (a, b) => Math.max(a, b),
  };
}

export interface Mean {
  readonly sum: number;
  readonly count: number;
}

/** The arithmetic mean; NaN before the first. */
export function average<T>(of: (value: T) => number): CodedAggregator<T, Mean, number> {
  return {
    accumulator: json<Mean>('average'),
    output: number,
    create: () => ({ sum: 0, count: 0 }),
    add: (value, mean) => ({ sum: mean.sum + of(value), count: mean.count + 1 }),
    result: (mean) => mean.sum / mean.count,
    merge: (a, b) => ({ sum: a.sum + b.sum, count: a.count + b.count }),
  };
}
