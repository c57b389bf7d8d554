import type { Store } from '../core/store.ts';
import type { StateTime, TaskAddress } from './backend.ts';
import type { Epochs } from './epochs.ts';

/** What the parts of a task's state share. */
export interface TaskContext {
  readonly address: TaskAddress;
  readonly time: StateTime;
  readonly epochs: Epochs;
  /** Rows to read: all committed ones (`leveldb`), or those that a savepoint brought (`memory`, mostly undefined). */
  readonly store: Store | undefined;
  /** Changes are written to the store on commit; false: they stay in memory, nothing is evicted. */
  readonly durable: boolean;
  /** Timers of one operator and domain held in memory, at most (roughly). */
  readonly timersInMemory: number;
  /** Rows of a state whose keys are learned in one scan, see learned-keys.ts. */
  readonly rowsLearnedAtOnce: number;
  /** Values are frozen (tests). */
  readonly frozen: boolean;
}
