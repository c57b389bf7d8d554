import { unknownEnd } from '../core/log.ts';
import { engineMetrics } from '../observability/engine-metrics.ts';
import type { MetricsSink } from '../observability/metric-family.ts';
import type { Task } from '../runtime/task.ts';
import type { Worker } from '../runtime/worker.ts';

/** Copies a worker's numbers into a sink; `now` is wall time in ms. */
export function collectWorker(sink: MetricsSink, worker: Worker, now: number): void {
  const { job } = worker;
  sink.value(engineMetrics.tasks, worker.tasks.length, { job });
  sink.value(engineMetrics.restoreRemaining, worker.restoring.remaining, { job });
  sink.value(engineMetrics.restored, worker.restoring.records, { job });
  sink.value(engineMetrics.restoredBytes, worker.restoring.bytes, { job });
  for (const [task, lag] of worker.standbys) {
    if (lag !== undefined) sink.value(engineMetrics.standbyLag, lag, { job, task });
  }
  sink.histogram(engineMetrics.processDuration, worker.processDuration, { job });
  sink.value(engineMetrics.backpressure, worker.heldBackMs / 1000, { job });
  for (const task of worker.tasks) {
    collectState(sink, task);
    collectOperators(sink, task, now);
    collectInputs(sink, task, now);
  }
}

function collectState(sink: MetricsSink, { job, state }: Task): void {
  sink.value(engineMetrics.stateBytes, state.cachedBytes, { job, kind: 'cache' });
  sink.value(engineMetrics.stateBytes, state.dirtyBytes, { job, kind: 'dirty' });
}

function collectOperators(sink: MetricsSink, { job, operators }: Task, now: number): void {
  for (const [operator, counters] of operators.counters) {
    const labels = { job, operator };
    sink.value(engineMetrics.recordsIn, counters.recordsIn, labels);
    sink.value(engineMetrics.recordsOut, counters.recordsOut, labels);
    sink.value(engineMetrics.recordsLate, counters.late, labels);
    sink.value(engineMetrics.recordsDlq, counters.deadLetters, labels);
    sink.value(engineMetrics.retries, counters.retries, labels);
    sink.value(engineMetrics.timersFired, counters.timersFired, labels);
    sink.value(engineMetrics.recordsDropped, counters.skipped, { ...labels, reason: 'error' });
  }
  for (const operator of operators.keyed) {
    sink.value(engineMetrics.watermarkLag, (now - operator.watermark) / 1000, { job, operator: operator.id });
  }
  for (const operator of operators.asyncMaps) {
    sink.value(engineMetrics.asyncInflight, operator.inFlight, { job, operator: operator.id });
    sink.value(engineMetrics.asyncWaiting, operator.waiting, { job, operator: operator.id });
    const { attemptsDone, attemptsFailed, attemptsTimedOut } = operator.counters;
    const labels = { job, operator: operator.id };
    sink.value(engineMetrics.asyncAttempts, attemptsDone, { ...labels, outcome: 'done' });
    sink.value(engineMetrics.asyncAttempts, attemptsFailed, { ...labels, outcome: 'failed' });
    sink.value(engineMetrics.asyncAttempts, attemptsTimedOut, { ...labels, outcome: 'timeout' });
  }
}

function collectInputs(sink: MetricsSink, { inputs }: Task, now: number): void {
  for (const input of inputs) {
    if (input.end < 0 || input.end === unknownEnd) continue;
    const labels = { topic: input.topic, partition: input.partition };
    const lag = Math.max(0, input.end - input.position);
    sink.value(engineMetrics.consumerLag, lag, labels);
    const seconds = lag === 0 || Number.isNaN(input.lastTimestamp) ? 0 : (now - input.lastTimestamp) / 1000;
    sink.value(engineMetrics.consumerLagSeconds, seconds, labels);
  }
}
