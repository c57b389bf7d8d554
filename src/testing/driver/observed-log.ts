/**
 * A log that knows when nothing is going on: no call is under way except fetches that wait for records. It is how a
 * driver finds the moment when a job has done all it can do without more input or time.
 */
import { systemClock } from '../../core/clock.ts';
import type { Commit, GroupMember, GroupSpec, Log, LogReader, TopicAdmin, Transactor } from '../../core/log.ts';

/** Turns of the event loop without any call: then nothing will come by itself. */
const quietTurns = 4;

export class ObservedLog implements Log {
  readonly kind: string;
  readonly storesRows: boolean;
  readonly shared: boolean;
  readonly topics: TopicAdmin;
  readonly #log: Log;
  #busy = 0;
  #calls = 0;

  constructor(log: Log) {
    this.kind = log.kind;
    this.storesRows = log.storesRows;
    this.shared = log.shared;
    this.#log = log;
    const { topics } = log;
    this.topics = {
      list: () => this.#during(topics.list()),
      describe: (names) => this.#during(topics.describe(names)),
      create: (specs) => this.#during(topics.create(specs)),
      deleteRecords: (before) => this.#during(topics.deleteRecords(before)),
      bounds: (partitions) => this.#during(topics.bounds(partitions)),
      offsetsAt: (partitions, timestamp) => this.#during(topics.offsetsAt(partitions, timestamp)),
      committed: (group, partitions) => this.#during(topics.committed(group, partitions)),
    };
  }

  /** Resolves when the job stands still. */
  async settled(): Promise<void> {
    for (let quiet = 0; quiet < quietTurns;) {
      const before = this.#calls;
      await systemClock.yield();
      quiet = this.#busy === 0 && this.#calls === before ? quiet + 1 : 0;
    }
  }

  reader(): LogReader {
    const reader = this.#log.reader();
    return {
      fetch: async (request) => {
        this.#calls++;
        try {
          return await reader.fetch(request);
        } finally {
          this.#calls++;
        }
      },
      recycle: (batch) => reader.recycle?.(batch),
      close: () => this.#during(reader.close()),
    };
  }

  async join(spec: GroupSpec): Promise<GroupMember> {
    const { listener } = spec;
    const observed: GroupSpec = {
      ...spec,
      listener: {
        metadata: () => listener.metadata(),
        onAssigned: (assignment, generation) => this.#during(listener.onAssigned(assignment, generation)),
        onLost: () => {
          this.#calls++;
          listener.onLost();
        },
        onError: (error) => {
          listener.onError(error);
        },
      },
    };
    return await this.#during(this.#log.join(observed));
  }

  async transactor(id: string, timeoutMs: number): Promise<Transactor> {
    const transactor = await this.#during(this.#log.transactor(id, timeoutMs));
    return {
      id,
      append: (outputs) => this.#during(transactor.append(outputs)),
      commit: (commit: Commit) => this.#during(transactor.commit(commit)),
      abort: () => this.#during(transactor.abort()),
      committed: (group, partitions) => this.#during(transactor.committed(group, partitions)),
      close: () => this.#during(transactor.close()),
    };
  }

  close(): Promise<void> {
    return this.#log.close();
  }

  async #during<T>(call: Promise<T>): Promise<T> {
    this.#busy++;
    this.#calls++;
    try {
      return await call;
    } finally {
      this.#busy--;
      this.#calls++;
    }
  }
}
