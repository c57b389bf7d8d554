/**
 * Liveness and readiness answer different questions.
 *
 *   live    the worker loop still turns: restarting the process would help if it did not
 *   ready   every part has its tasks assigned and restored, and the job has not failed: it does its share of the work
 *
 * Parts report by being read (`HealthPart`), like metrics: nothing happens between two questions.
 */
import type { Clock } from '../core/clock.ts';
import { toMs, type Duration } from '../core/duration.ts';

export interface HealthPart {
  /** For reasons: `worker 0`, `key pool qwen`. */
  readonly name: string;
  /** Monotonic time (Clock) of the loop's last turn; undefined for parts without a loop. An idle loop turns as well. */
  readonly lastTurn: number | undefined;
  /** Why this part does not do its share of the work yet, or any more; undefined when it does. */
  readonly notReady: string | undefined;
}

export interface HealthReport {
  readonly ok: boolean;
  /** One sentence each; empty when ok. */
  readonly reasons: readonly string[];
}

export interface HealthOptions {
  /** A loop that did not turn for this long is stuck. Default 30 s: longer than any sound user function. */
  readonly stuckAfter?: Duration;
}

export class HealthMonitor {
  readonly #clock: Clock;
  readonly #stuckAfterMs: number;
  readonly #parts = new Set<HealthPart>();

  constructor(clock: Clock, options: HealthOptions = {}) {
    this.#clock = clock;
    this.#stuckAfterMs = toMs(options.stuckAfter ?? '30s', 'stuckAfter');
  }

  /** Adds a part; the returned function takes it out again. */
  add(part: HealthPart): () => void {
    this.#parts.add(part);
    return () => this.#parts.delete(part);
  }

  live(): HealthReport {
    const now = this.#clock.monotonic();
    return report(
      [...this.#parts].flatMap(({ name, lastTurn }) => {
        const age = lastTurn === undefined ? 0 : now - lastTurn;
        return age > this.#stuckAfterMs ? [`${name} has made no turn for ${(age / 1000).toFixed(1)} s.`] : [];
      }),
    );
  }

  ready(): HealthReport {
    if (this.#parts.size === 0) return report(['The job has not started.']);
    return report(
      [...this.#parts].flatMap(({ name, notReady }) => (notReady === undefined ? [] : [`${name}: ${notReady}`])),
    );
  }
}

function report(reasons: readonly string[]): HealthReport {
  return { ok: reasons.length === 0, reasons };
}
