/**
 * What a restore of a savepoint shows of itself on standard error.
 *
 *   aggregation writing  1,240,000 of 5,000,000 rows (24%)  31.2 MB/s  12 s left
 *
 * On a terminal one line, drawn over; in a pipe a log line every few seconds.
 */
import type { Clock, Timer } from '../core/clock.ts';
import type { SavepointProgress } from '../job/savepoints/savepoint-progress.ts';
import type { Logger } from '../observability/logger.ts';
import type { LiveLine } from './live-line.ts';

const terminalMs = 250;
const pipeMs = 5_000;

export interface RestoreProgressOptions {
  readonly job: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly line: LiveLine;
}

export class RestoreProgress {
  readonly #options: RestoreProgressOptions;
  #now: SavepointProgress | undefined;
  /** When the phase began. */
  #since = 0;
  #timer: Timer | undefined;

  constructor(options: RestoreProgressOptions) {
    this.#options = options;
    this.#arm();
  }

  update(progress: SavepointProgress): void {
    if (progress.phase !== this.#now?.phase) this.#since = this.#options.clock.monotonic();
    this.#now = progress;
  }

  close(): void {
    this.#timer?.cancel();
    this.#options.line.hide();
  }

  #arm(): void {
    const { clock, line } = this.#options;
    this.#timer = clock.schedule(line.isLive ? terminalMs : pipeMs, () => {
      this.#tick();
      this.#arm();
    });
  }

  #tick(): void {
    if (this.#now === undefined) return;
    const { job, line, logger } = this.#options;
    const fields = this.#fields(this.#now);
    if (line.isLive) line.show(text(job, fields));
    else logger.info('progress', { ...fields });
  }

  #fields({ phase, rows, totalRows, bytes }: SavepointProgress): Fields {
    if (phase === 'clearing' || phase === 'committing') return { phase };
    const seconds = Math.max(1, this.#options.clock.monotonic() - this.#since) / 1000;
    return {
      phase,
      rows,
      totalRows,
      ...(bytes === 0 ? {} : { megabytesPerSecond: Math.round(bytes / seconds / 1e5) / 10 }),
      ...(rows === 0 ? {} : { secondsLeft: Math.ceil(((totalRows - rows) * seconds) / rows) }),
    };
  }
}

interface Fields {
  readonly phase: SavepointProgress['phase'];
  readonly rows?: number;
  readonly totalRows?: number;
  readonly megabytesPerSecond?: number;
  readonly secondsLeft?: number;
}

function text(job: string, { phase, rows = 0, totalRows, megabytesPerSecond, secondsLeft }: Fields): string {
  const number = (value: number): string => value.toLocaleString('en-US');
  const percent = Math.floor((100 * rows) / Math.max(1, totalRows ?? 0));
  return [
    `${job} ${phase}`,
    ...(totalRows === undefined ? [] : [`${number(rows)} of ${number(totalRows)} rows (${String(percent)}%)`]),
    ...(megabytesPerSecond === undefined ? [] : [`${megabytesPerSecond.toFixed(1)} MB/s`]),
    ...(secondsLeft === undefined ? [] : [`${String(secondsLeft)} s left`]),
  ].join('  ');
}
