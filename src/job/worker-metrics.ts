/** A worker's numbers and health, read when somebody asks. Outlives the worker: after a restart it shows the next one. */
import type { Clock } from '../core/clock.ts';
import { DurationHistogram } from '../observability/duration-histogram.ts';
import { engineMetrics } from '../observability/engine-metrics.ts';
import type { HealthPart } from '../observability/health-monitor.ts';
import type { MetricsSink, MetricsSource } from '../observability/metric-family.ts';
import type { Task } from '../runtime/task.ts';
import type { Supervisor } from './supervisor.ts';

const families = Object.values(engineMetrics);

export class WorkerMetrics implements MetricsSource, HealthPart {
  readonly families = families;
  readonly name: string;
  readonly commitDuration = new DurationHistogram();
  readonly #job: string;
  readonly #supervisor: Supervisor;
  readonly #clock: Clock;

  constructor(job: string, supervisor: Supervisor, clock: Clock) {
    this.name = `worker of ${job}`;
    this.#job = job;
    this.#supervisor = supervisor;
    this.#clock = clock;
  }

  get lastTurn(): number | undefined {
    return this.#supervisor.worker?.lastTurn;
  }

  get notReady(): string | undefined {
    const { phase } = this.#supervisor;
    return phase === 'running' ? undefined : `${this.name} is ${phase}.`;
  }

  collect(sink: MetricsSink): void {
    const job = { job: this.#job };
    const { restarts } = this.#supervisor.totals;
    sink.value(engineMetrics.restarts, restarts, job);
    sink.histogram(engineMetrics.commitDuration, this.commitDuration, job);
    sink.value(engineMetrics.commits, this.commitDuration.count, { ...job, outcome: 'done' });
    const { worker } = this.#supervisor;
    if (worker === undefined) return;
    sink.value(engineMetrics.tasks, worker.tasks.length, job);
    sink.value(engineMetrics.restoreRemaining, worker.restoring, job);
    for (const task of worker.tasks) this.#collectTask(sink, task);
  }

  #collectTask(sink: MetricsSink, task: Task): void {
    const job = this.#job;
    const now = this.#clock.now();
    sink.value(engineMetrics.stateBytes, task.state.cachedBytes, { job, kind: 'cache' });
    sink.value(engineMetrics.stateBytes, task.state.dirtyBytes, { job, kind: 'dirty' });
    for (const [operator, counters] of task.operators.counters) {
      const labels = { job, operator };
      sink.value(engineMetrics.recordsIn, counters.recordsIn, labels);
      sink.value(engineMetrics.recordsOut, counters.recordsOut, labels);
      sink.value(engineMetrics.recordsLate, counters.late, labels);
      sink.value(engineMetrics.recordsDlq, counters.deadLetters, labels);
      sink.value(engineMetrics.retries, counters.retries, labels);
      sink.value(engineMetrics.timersFired, counters.timersFired, labels);
      sink.value(engineMetrics.recordsDropped, counters.skipped, { ...labels, reason: 'error' });
    }
    for (const operator of task.operators.keyed) {
      sink.value(engineMetrics.watermarkLag, (now - operator.watermark) / 1000, { job, operator: operator.id });
    }
    for (const operator of task.operators.asyncMaps) {
      sink.value(engineMetrics.asyncInflight, operator.inFlight, { job, operator: operator.id });
      sink.value(engineMetrics.asyncWaiting, operator.waiting, { job, operator: operator.id });
    }
    for (const input of task.inputs) {
      if (input.end < 0) continue;
      const labels = { topic: input.topic, partition: input.partition };
      const lag = Math.max(0, input.end - input.position);
      sink.value(engineMetrics.consumerLag, lag, labels);
      const seconds = lag === 0 || Number.isNaN(input.lastTimestamp) ? 0 : (now - input.lastTimestamp) / 1000;
      sink.value(engineMetrics.consumerLagSeconds, seconds, labels);
    }
  }
}
