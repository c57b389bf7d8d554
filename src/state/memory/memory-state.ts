import { ByteWriter } from '../../core/byte-writer.ts';
import { RowBatch } from '../../core/row-batch.ts';
import type { Row, Store } from '../../core/store.ts';
import type { StateBackend, StateTime, TaskAddress, TaskState } from '../backend.ts';
import { Epochs } from '../epochs.ts';
import { EVERYTHING, rowsOfJob } from '../job-rows.ts';
import type { RowSource } from '../job-rows.ts';
import { KeyedTask } from '../keyed-task.ts';
import { TagRegistry } from '../tag-registry.ts';
import { MemoryStore } from './memory-store.ts';

export interface MemoryStateOptions {
  /** Rows that a savepoint was restored into; read when they are needed, never written. */
  readonly initial?: Store;
}

/**
 * State on the heap. Nothing is encoded; a rollback puts old values back. A task that is closed and opened again in the
 * same backend finds its last commit.
 */
export function memoryState(options: MemoryStateOptions = {}): StateBackend & RowSource {
  return new MemoryState(options.initial);
}

/** Time that a reopened task reads from its new owner. */
class MovingTime implements StateTime {
  source: StateTime;

  constructor(source: StateTime) {
    this.source = source;
  }

  processingTime(): number {
    return this.source.processingTime();
  }

  eventTime(): number {
    return this.source.eventTime();
  }
}

class MemoryState implements StateBackend, RowSource {
  readonly kind = 'memory';
  readonly #initial: Store | undefined;
  readonly #tags = new TagRegistry();
  readonly #tasks = new Map<string, { readonly task: KeyedTask; readonly time: MovingTime }>();

  constructor(initial: Store | undefined) {
    this.#initial = initial;
  }

  openTask(address: TaskAddress, time: StateTime): TaskState {
    const id = JSON.stringify([address.job, address.subTopology, address.partition]);
    let entry = this.#tasks.get(id);
    if (entry === undefined) {
      const moving = new MovingTime(time);
      entry = { task: this.#task(address, moving, this.#initial, false), time: moving };
      this.#tasks.set(id, entry);
    }
    entry.time.source = time;
    return entry.task;
  }

  /** Rows as the LevelDB backend would have them, made by writing all tasks of the job into a store of their own. */
  async *rows(job: string): AsyncIterable<readonly Row[]> {
    const store = new MemoryStore();
    if (this.#initial !== undefined) {
      for await (const rows of this.#initial.scan(EVERYTHING)) {
        const batch = new RowBatch(new ByteWriter());
        for (const { key, value } of rows) batch.putBytes(key, value);
        await store.write([batch]);
      }
    }
    for (const { task, time } of this.#tasks.values()) {
      if (task.address.job !== job || task.cut === undefined) continue;
      const twin = this.#task(task.address, time, store, true);
      twin.declareLike(task);
      await twin.load();
      task.copyTo(twin);
      const batch = new RowBatch(new ByteWriter());
      twin.collect(batch, task.cut);
      await store.write([batch]);
    }
    yield* rowsOfJob(store, job);
  }

  async close(): Promise<void> {
    this.#tasks.clear();
    await this.#initial?.close();
  }

  #task(address: TaskAddress, time: StateTime, store: Store | undefined, durable: boolean): KeyedTask {
    return new KeyedTask(
      {
        address,
        time,
        epochs: new Epochs(!durable),
        store,
        durable,
        timersInMemory: Infinity,
        rowsLearnedAtOnce: 8_000,
        frozen: false,
      },
      this.#tags.tagOf,
    );
  }
}
