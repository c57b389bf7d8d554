/**
 * The engine's metrics: names, units and labels. Prefix `millrace_`, units seconds and bytes. Names that products have
 * agreed on keep their own (`kafka_consumer_lag`). docs/cli.md lists them; a test checks that none is missing there.
 */
import type { MetricFamily } from './metric-family.ts';

type Options = Pick<MetricFamily, 'combine'>;

const family =
  (type: MetricFamily['type']) =>
  (name: string, labels: readonly string[], help: string, options: Options = {}): MetricFamily =>
    Object.freeze({ name, type, help, labels, ...options });
const counter = family('counter');
const gauge = family('gauge');
const histogram = family('histogram');

const operator = ['job', 'operator'];

export const engineMetrics = {
  recordsIn: counter('millrace_records_in_total', operator, 'Records an operator has taken in.'),
  recordsOut: counter('millrace_records_out_total', operator, 'Records an operator has emitted.'),
  recordsLate: counter(
    'millrace_records_late_total',
    operator,
    'Records that came after the watermark had passed them.',
  ),
  recordsDropped: counter(
    'millrace_records_dropped_total',
    [...operator, 'reason'],
    'Records dropped on purpose, by reason.',
  ),
  recordsDlq: counter('millrace_records_dlq_total', operator, 'Records written to the dead-letter topic.'),
  retries: counter('millrace_retries_total', operator, 'Invocations repeated by an operator whose policy is retry.'),
  timersFired: counter('millrace_timers_fired_total', operator, 'Timers fired.'),
  processDuration: histogram('millrace_process_duration_seconds', ['job'], 'Time to process one batch of input.'),
  commitDuration: histogram(
    'millrace_commit_duration_seconds',
    ['job'],
    'Time from the cut of a commit until it is durable.',
  ),
  commitPause: histogram(
    'millrace_commit_pause_seconds',
    ['job'],
    'Part of a commit in which processing stands still.',
  ),
  transactionDuration: histogram(
    'millrace_transaction_duration_seconds',
    ['job'],
    'Part of a commit in which the log takes it: on Kafka a transaction.',
  ),
  rebalances: counter('millrace_rebalances_total', ['job'], 'Times the group gave this process its tasks.'),
  commits: counter('millrace_commits_total', ['job', 'outcome'], 'Commits that went through (outcome done).'),
  restarts: counter('millrace_restarts_total', ['job'], 'Times a worker went back to its last commit.'),
  watermarkLag: gauge(
    'millrace_watermark_lag_seconds',
    operator,
    'Wall time minus watermark, the slowest task of an operator.',
    {
      combine: 'max',
    },
  ),
  consumerLag: gauge(
    'kafka_consumer_lag',
    ['topic', 'partition'],
    'Records that can be read and are not yet committed as processed.',
  ),
  consumerLagSeconds: gauge(
    'millrace_consumer_lag_seconds',
    ['topic', 'partition'],
    'Now minus the time of the last record processed, 0 when caught up.',
    {
      combine: 'max',
    },
  ),
  backpressure: counter('millrace_backpressure_seconds_total', ['job'], 'Time in which input was there but held back.'),
  stateBytes: gauge('millrace_state_bytes', ['job', 'kind'], 'Bytes of state in memory, by kind: cache, dirty.'),
  restoreRemaining: gauge(
    'millrace_restore_records_remaining',
    ['job'],
    'Records still to be restored before tasks run.',
  ),
  standbyLag: gauge(
    'millrace_standby_lag_records',
    ['job', 'task'],
    'Records that the copy of a task of another process is behind.',
  ),
  restored: counter('millrace_restore_records_total', ['job'], 'Records of changelogs applied to the local state.'),
  restoredBytes: counter('millrace_restore_bytes_total', ['job'], 'Bytes of changelogs applied to the local state.'),
  asyncInflight: gauge('millrace_async_inflight', operator, 'Asynchronous calls running.'),
  asyncWaiting: gauge('millrace_async_waiting', operator, 'Elements waiting for a slot.'),
  asyncAttempts: counter(
    'millrace_async_attempts_total',
    [...operator, 'outcome'],
    'Attempts of asynchronous calls, by outcome.',
  ),
  tasks: gauge('millrace_tasks', ['job'], 'Tasks assigned to this process.'),
  eventLoopLag: gauge('millrace_event_loop_lag_seconds', [], 'How late the last timer of the event loop fired.', {
    combine: 'max',
  }),
} as const satisfies Readonly<Record<string, MetricFamily>>;
