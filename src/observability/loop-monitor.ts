/** Measures how late timers fire: a synchronous function that blocks the thread shows here first. */
import type { Clock, Timer } from '../core/clock.ts';
import { engineMetrics } from './engine-metrics.ts';
import type { Logger } from './logger.ts';
import type { MetricsSink, MetricsSource } from './metric-family.ts';

const intervalMs = 500;
const warnAboveMs = 1_000;

export class LoopMonitor implements MetricsSource {
  readonly families = [engineMetrics.eventLoopLag];
  readonly #clock: Clock;
  readonly #logger: Logger;
  #timer: Timer | undefined;
  #lagMs = 0;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
    this.#arm();
  }

  collect(sink: MetricsSink): void {
    sink.value(engineMetrics.eventLoopLag, this.#lagMs / 1000);
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    const due = this.#clock.monotonic() + intervalMs;
    this.#timer = this.#clock.schedule(intervalMs, () => {
      this.#lagMs = Math.max(0, this.#clock.monotonic() - due);
      if (this.#lagMs > warnAboveMs) {
        this.#logger.warn('the event loop was blocked: a function of the job ran too long', {
          blockedMs: Math.round(this.#lagMs),
        });
      }
      this.#arm();
    });
  }
}
