import type { Clock } from '../core/clock.ts';
import { systemClock } from '../core/clock.ts';
import type { Store } from '../core/store.ts';
import { LocalLog } from './log/local-log.ts';
import { MemoryStorage } from './log/memory-storage.ts';

export interface MemoryLogOptions {
  readonly clock?: Clock;
  /** Where a commit's rows go; the log does not close it. Without it the log does not store rows. */
  readonly store?: Store;
}

/** A log in memory, for tests and drivers: everything is gone when it is closed. */
export class MemoryLog extends LocalLog {
  constructor(options: MemoryLogOptions = {}) {
    const { store, clock = systemClock } = options;
    super(new MemoryStorage(store, clock), clock);
  }
}
