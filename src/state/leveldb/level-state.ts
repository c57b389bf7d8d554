import type { Row, Store } from '../../core/store.ts';
import type { StateBackend, StateTime, TaskAddress, TaskState } from '../backend.ts';
import { Epochs } from '../epochs.ts';
import { rowsOfJob } from '../job-rows.ts';
import type { RowSource } from '../job-rows.ts';
import { KeyedTask } from '../keyed-task.ts';
import { TagRegistry } from '../tag-registry.ts';

export interface LevelStateOptions {
  /** Timers held in memory per operator, task and time domain; the others are in rows. Default 200,000. */
  readonly timersInMemory?: number;
  /** Close the store with the backend. Default: the store belongs to the caller. */
  readonly ownsStore?: boolean;
  /** Rows of a state whose keys are learned in one scan, see learned-keys.ts. Default 8,000. */
  readonly rowsLearnedAtOnce?: number;
  /** Freeze values, so that changing one in place throws: for tests. Default false. */
  readonly frozen?: boolean;
}

/** State in rows of a store, with a write-back cache before it. Any Store will do; in production it is LevelDB. */
export function levelState(store: Store, options: LevelStateOptions = {}): StateBackend & RowSource {
  return new LevelState(store, options);
}

class LevelState implements StateBackend, RowSource {
  readonly kind = 'leveldb';
  readonly #store: Store;
  readonly #options: LevelStateOptions;
  readonly #tags = new TagRegistry();

  constructor(store: Store, options: LevelStateOptions) {
    this.#store = store;
    this.#options = options;
  }

  openTask(address: TaskAddress, time: StateTime): TaskState {
    const { timersInMemory = 200_000, rowsLearnedAtOnce = 8_000, frozen = false } = this.#options;
    const epochs = new Epochs(false);
    const limits = { timersInMemory, rowsLearnedAtOnce };
    const context = { address, time, epochs, store: this.#store, durable: true, frozen, ...limits };
    return new KeyedTask(context, this.#tags.tagOf);
  }

  rows(job: string): AsyncIterable<readonly Row[]> {
    return rowsOfJob(this.#store, job);
  }

  async close(): Promise<void> {
    if (this.#options.ownsStore === true) await this.#store.close();
  }
}
