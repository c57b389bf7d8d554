/**
 * What a running job shows of itself on standard error.
 *
 *   pipeline running  in 1,240/s (86,112)  out 310/s (21,528)  lag 12  behind 0.4 s  dead letters 0
 *
 * On a terminal one line, drawn over; in a pipe a log line every few seconds.
 */
import type { Clock, Timer } from '../core/clock.ts';
import type { JobHandle, JobStatus } from '../job/options.ts';
import { engineMetrics } from '../observability/engine-metrics.ts';
import type { Logger } from '../observability/logger.ts';
import type { MetricsRegistry } from '../observability/metrics-registry.ts';
import type { LiveLine } from './live-line.ts';

const terminalMs = 250;
const pipeMs = 5_000;

export interface ProgressOptions {
  readonly job: JobHandle;
  readonly clock: Clock;
  readonly metrics: MetricsRegistry;
  readonly logger: Logger;
  readonly line: LiveLine;
}

interface Reading {
  readonly at: number;
  readonly status: JobStatus;
}

export class Progress {
  readonly #options: ProgressOptions;
  readonly #everyMs: number;
  #last: Reading;
  #timer: Timer | undefined;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#everyMs = options.line.isLive ? terminalMs : pipeMs;
    this.#last = { at: options.clock.monotonic(), status: options.job.status };
    this.#arm();
  }

  close(): void {
    this.#timer?.cancel();
    this.#options.line.hide();
  }

  #arm(): void {
    this.#timer = this.#options.clock.schedule(this.#everyMs, () => {
      this.#tick();
      this.#arm();
    });
  }

  #tick(): void {
    const { job, clock, line, logger } = this.#options;
    const now = { at: clock.monotonic(), status: job.status };
    const seconds = Math.max(1, now.at - this.#last.at) / 1000;
    const perSecond = (field: 'recordsIn' | 'recordsOut'): number =>
      Math.round((now.status[field] - this.#last.status[field]) / seconds);
    const fields = {
      phase: now.status.phase,
      recordsIn: now.status.recordsIn,
      recordsInPerSecond: perSecond('recordsIn'),
      recordsOut: now.status.recordsOut,
      recordsOutPerSecond: perSecond('recordsOut'),
      ...this.#lags(),
      ...restoring(this.#last.status.restore, now.status.restore, seconds),
      deadLetters: now.status.deadLetters,
    };
    this.#last = now;
    if (line.isLive) line.show(text(job.name, fields));
    else logger.info('progress', fields);
  }

  #lags(): { readonly lag?: number; readonly watermarkLagSeconds?: number } {
    const { metrics } = this.#options;
    const lags = metrics.read(engineMetrics.consumerLag);
    const watermarks = metrics.read(engineMetrics.watermarkLag);
    return {
      ...(lags.length === 0 ? {} : { lag: lags.reduce((sum, { value }) => sum + value, 0) }),
      ...(watermarks.length === 0 ? {} : { watermarkLagSeconds: Math.max(...watermarks.map(({ value }) => value)) }),
    };
  }
}

/** Speed and time left of a restore that is going on. */
function restoring(before: JobStatus['restore'], now: JobStatus['restore'], seconds: number): Partial<Fields> {
  if (now.remaining === 0) return {};
  const perSecond = (now.records - before.records) / seconds;
  return {
    restoreRemaining: now.remaining,
    restoreMBPerSecond: Math.round((now.bytes - before.bytes) / seconds / 1e5) / 10,
    ...(perSecond > 0 ? { restoreSecondsLeft: Math.ceil(now.remaining / perSecond) } : {}),
  };
}

interface Fields {
  readonly phase: string;
  readonly recordsIn: number;
  readonly recordsInPerSecond: number;
  readonly recordsOut: number;
  readonly recordsOutPerSecond: number;
  readonly lag?: number;
  readonly watermarkLagSeconds?: number;
  readonly deadLetters: number;
  readonly restoreRemaining?: number;
  readonly restoreMBPerSecond?: number;
  readonly restoreSecondsLeft?: number;
}

function text(job: string, fields: Fields): string {
  const number = (value: number): string => value.toLocaleString('en-US');
  const { lag, watermarkLagSeconds: behind } = fields;
  return [
    `${job} ${fields.phase}`,
    `in ${number(fields.recordsInPerSecond)}/s (${number(fields.recordsIn)})`,
    `out ${number(fields.recordsOutPerSecond)}/s (${number(fields.recordsOut)})`,
    ...(lag === undefined ? [] : [`lag ${number(lag)}`]),
    ...(behind === undefined ? [] : [`behind ${behind.toFixed(1)} s`]),
    `dead letters ${number(fields.deadLetters)}`,
    ...(fields.restoreRemaining === undefined ? [] : [restoreText(fields)]),
  ].join('  ');
}

function restoreText({ restoreRemaining = 0, restoreMBPerSecond = 0, restoreSecondsLeft }: Fields): string {
  const left = restoreSecondsLeft === undefined ? '' : `, ${String(restoreSecondsLeft)} s left`;
  return `restoring ${restoreRemaining.toLocaleString('en-US')} records (${restoreMBPerSecond.toFixed(1)} MB/s${left})`;
}
