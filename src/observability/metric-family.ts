/**
 * How numbers leave the engine. The hot path increments plain number fields; a source copies them into a sink when
 * somebody scrapes, so a metric costs nothing per record.
 */
import type { DurationHistogram } from './duration-histogram.ts';

export interface MetricFamily {
  /** Full Prometheus name, unit included: seconds and bytes. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** How samples with the same labels become one (several tasks of an operator). Default `sum`. */
  readonly combine?: 'sum' | 'max';
}

export type MetricLabels = Readonly<Record<string, string | number>>;

export interface MetricsSink {
  /** The current total of a counter, or the current value of a gauge. NaN and infinities are left out. */
  value(family: MetricFamily, value: number, labels?: MetricLabels): void;
  histogram(family: MetricFamily, histogram: DurationHistogram, labels?: MetricLabels): void;
}

/** Something with numbers to show: a worker, a task, a pool. `collect` runs on its owner's thread, on each scrape. */
export interface MetricsSource {
  readonly families: readonly MetricFamily[];
  collect(sink: MetricsSink): void;
}
