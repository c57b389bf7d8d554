/**
 * A log that lives in this process. Storage is what differs (memory, segment files); this class is the one owner that
 * commits for all workers, one write at a time:
 *
 *   Transactor.commit -> CommitQueue -> storage.write -> committed offsets, readers wake
 *                        check: holder of the id, group and generation, topics
 */
import type { Clock } from '../../core/clock.ts';
import type { Commit, Log, SealedBatch, TopicPartition, Transactor } from '../../core/log.ts';
import type { RowBatch } from '../../core/row-batch.ts';
import { StreamError } from '../../core/stream-error.ts';
import { Arrivals } from './arrivals.ts';
import { CommitQueue, type QueuedCommit } from './commit-queue.ts';
import { CommittedOffsets } from './committed-offsets.ts';
import { GroupCoordinator } from './group-coordinator.ts';
import type { AsyncGroupSpec, LocalGroupMember } from './group-spec.ts';
import { LocalAdmin } from './local-admin.ts';
import { LocalTransactor } from './local-transactor.ts';
import type { LogStorage, PartitionStore, StoredOffset } from './log-storage.ts';
import { partitionName } from './partition-name.ts';
import { RecordReader } from './record-reader.ts';

interface LocalCommit extends QueuedCommit {
  readonly outputs: readonly SealedBatch[];
  readonly offsets: readonly StoredOffset[];
  readonly rows: readonly RowBatch[];
  /** Work that runs alone between two writes (topics, deletions). */
  readonly work?: () => Promise<void>;
}

export class LocalLog implements Log {
  readonly kind: string;
  readonly storesRows: boolean;
  readonly shared = true;
  readonly topics: LocalAdmin;
  readonly #storage: LogStorage;
  readonly #clock: Clock;
  readonly #groups: GroupCoordinator;
  readonly #offsets = new CommittedOffsets();
  readonly #arrivals = new Arrivals();
  readonly #queue = new CommitQueue<LocalCommit>((commits) => this.#write(commits));
  readonly #holders = new Map<string, LocalTransactor>();
  #closed: Promise<void> | undefined;

  constructor(storage: LogStorage, clock: Clock) {
    this.kind = storage.kind;
    this.storesRows = storage.storesRows;
    this.#storage = storage;
    this.#clock = clock;
    this.#groups = new GroupCoordinator(clock);
    this.#offsets.set(storage.offsets);
    this.topics = new LocalAdmin({
      storage,
      partition: (place) => this.#partition(place),
      committed: (group, partitions) => this.#committed(group, partitions),
      exclusively: (work) => this.exclusively(work),
    });
  }

  reader(): RecordReader {
    this.#checkOpen();
    return new RecordReader({
      clock: this.#clock,
      arrivals: this.#arrivals,
      partition: (place) => this.#partition(place),
      checkOpen: () => {
        this.#checkOpen();
      },
    });
  }

  async join(spec: AsyncGroupSpec): Promise<LocalGroupMember> {
    this.#checkOpen();
    return this.#groups.join(spec);
  }

  async transactor(id: string, _timeoutMs: number): Promise<Transactor> {
    this.#checkOpen();
    this.#holders.get(id)?.fence();
    const holder = new LocalTransactor(id, {
      commit: (outputs, commit, by) => this.#commit(outputs, commit, by),
      committed: (group, partitions) => this.#committed(group, partitions),
      released: (by) => {
        if (this.#holders.get(id) === by) this.#holders.delete(id);
      },
    });
    this.#holders.set(id, holder);
    await this.#queue.settled(); // what the former holder had begun to write is committed or not, but no longer open
    return holder;
  }

  /** Runs `work` while no commit is being written. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    this.#checkOpen();
    return new Promise((resolve, reject) => {
      // A failure is the caller's alone: commits that share the turn are written already.
      const run = (): Promise<void> => work().then(resolve, reject);
      const check = (): void => {
        this.#checkOpen();
      };
      this.#queue.submit({ check, outputs: [], offsets: [], rows: [], work: run }).catch(reject);
    });
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      await this.#queue.settled();
      this.#groups.close();
      this.#arrivals.announce(); // waiting readers look up and find the log closed
      for (const holder of [...this.#holders.values()]) await holder.close();
      await this.#storage.close();
    })();
    return this.#closed;
  }

  #commit(outputs: readonly SealedBatch[], commit: Commit, holder: LocalTransactor): Promise<void> {
    const { group } = commit.member;
    return this.#queue.submit({
      outputs,
      offsets: commit.offsets.map(({ topic, partition, offset }) => ({ group, topic, partition, offset })),
      rows: this.storesRows && commit.rows.count > 0 ? [commit.rows] : [],
      check: () => {
        this.#checkOpen();
        holder.check();
        this.#groups.check(commit.member);
        for (const place of [...outputs, ...commit.offsets]) this.#partition(place);
      },
    });
  }

  async #write(commits: readonly LocalCommit[]): Promise<void> {
    const outputs = new Map<PartitionStore, Buffer[]>();
    for (const output of commits.flatMap((commit) => commit.outputs)) {
      const store = this.#partition(output);
      const batches = outputs.get(store);
      if (batches === undefined) outputs.set(store, [output.bytes]);
      else batches.push(output.bytes);
    }
    const offsets = commits.flatMap((commit) => commit.offsets);
    const rows = commits.flatMap((commit) => commit.rows);
    if (outputs.size + offsets.length + rows.length > 0) await this.#storage.write({ outputs, offsets, rows });
    this.#offsets.set(offsets);
    if (outputs.size > 0) this.#arrivals.announce();
    for (const { work } of commits) await work?.();
  }

  async #committed(group: string, partitions: readonly TopicPartition[]): Promise<readonly (number | undefined)[]> {
    for (const place of partitions) this.#partition(place);
    await this.#queue.settled();
    return partitions.map((place) => this.#offsets.get(group, place));
  }

  #partition(place: TopicPartition): PartitionStore {
    const { topic, partition } = place;
    const store = this.#storage.topics.get(topic)?.partitions[partition];
    if (store !== undefined) return store;
    const known = this.#storage.topics.has(topic);
    throw new StreamError(
      'TOPIC_UNKNOWN',
      known ? `there is no ${partitionName(place)}` : `there is no topic '${topic}'`,
      {
        topic,
        partition,
        remedy: `Create it first, or check its name.`,
      },
    );
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw new StreamError('LOG_CLOSED', `the ${this.kind} log was closed`);
  }
}
