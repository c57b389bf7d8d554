import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Store } from '../core/store.ts';
import type { Plan } from '../plan/plan.ts';

/** A data folder that this process has open. */
export interface OpenFolder {
  readonly log: Log;
  /** Undefined where state is not kept in rows. */
  readonly store: Store | undefined;
  readonly clock: Clock;
  /** Plan of the job that is asked about, or that runs here. */
  readonly plan: Plan | undefined;
  /** Writes a savepoint of the job that runs here. */
  readonly savepoint: ((folder: string) => Promise<void>) | undefined;
}
