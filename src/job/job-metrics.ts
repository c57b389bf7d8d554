/** A job's numbers, read when somebody asks. */
import { DurationHistogram } from '../observability/duration-histogram.ts';
import { engineMetrics } from '../observability/engine-metrics.ts';
import type { MetricsSink, MetricsSource } from '../observability/metric-family.ts';
import type { JobWorkers } from './job-workers.ts';

export class JobMetrics implements MetricsSource {
  readonly families = Object.values(engineMetrics);
  readonly commitDuration = new DurationHistogram();
  readonly commitPause = new DurationHistogram();
  readonly transactionDuration = new DurationHistogram();
  readonly #job: string;
  readonly #workers: JobWorkers;

  constructor(job: string, workers: JobWorkers) {
    this.#job = job;
    this.#workers = workers;
  }

  collect(sink: MetricsSink): void {
    const job = { job: this.#job };
    sink.value(engineMetrics.restarts, this.#workers.totals.restarts, job);
    sink.histogram(engineMetrics.commitDuration, this.commitDuration, job);
    sink.histogram(engineMetrics.commitPause, this.commitPause, job);
    sink.histogram(engineMetrics.transactionDuration, this.transactionDuration, job);
    sink.value(engineMetrics.commits, this.commitDuration.count, { ...job, outcome: 'done' });
    this.#workers.collect(sink);
  }
}
