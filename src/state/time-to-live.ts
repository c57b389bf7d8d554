import { toMs } from '../core/duration.ts';
import type { StateOptions } from '../core/state-spec.ts';
import type { StateTime } from './backend.ts';

/** A value of a state with TTL, as the cache holds it. */
export interface Stamped {
  readonly value: unknown;
  /** Invisible from this time on. Infinity: not known yet (see `TimeToLive.expiry`). */
  readonly expiry: number;
}

/** The TTL rules of one state. */
export class TimeToLive {
  readonly afterMs: number;
  readonly refreshOnRead: boolean;
  readonly #time: StateTime;
  readonly #event: boolean;

  constructor(afterMs: number, event: boolean, refreshOnRead: boolean, time: StateTime) {
    this.afterMs = afterMs;
    this.#event = event;
    this.refreshOnRead = refreshOnRead;
    this.#time = time;
  }

  static of(options: StateOptions, time: StateTime): TimeToLive | undefined {
    const { ttl } = options;
    if (ttl === undefined) return undefined;
    const given = typeof ttl === 'object' ? ttl : { after: ttl };
    const refresh = given.refresh === 'read-and-write';
    return new TimeToLive(Math.ceil(toMs(given.after, 'ttl')), given.time === 'event', refresh, time);
  }

  now(): number {
    return this.#event ? this.#time.eventTime() : this.#time.processingTime();
  }

  /** Expiry of something written now. Before the first watermark Infinity: the sweeper sets it once there is one. */
  expiry(): number {
    const now = this.now();
    return now === -Infinity ? Infinity : Math.ceil(now) + this.afterMs;
  }

  stamp(value: unknown): Stamped {
    return { value, expiry: this.expiry() };
  }

  isLive(entry: Stamped): boolean {
    return this.now() < entry.expiry;
  }

  /** Where the index keeps an entry: not before it expires, rounded up so that neighbours share a time. */
  indexTime(expiry: number): number {
    if (expiry === Infinity) return -Infinity;
    const grain = Math.max(1, Math.floor(this.afterMs / 32));
    return Math.ceil(expiry / grain) * grain;
  }
}
