/**
 * Copies of state whose tasks others run: this worker follows their changelogs into its own store, so that taking a task
 * over needs only what came last. Beside the loop, bounded in bytes, one reader for all.
 *
 *   keep(ids) --> find the store's position --fetch--> rows + position --write--> store --fetch--> ...
 *                        ^                                |
 *                        '---- a pause <----- failed -----'
 *
 * A task has one writer in a store. So a copy is given up, its last write included, before the task is opened here.
 */
import type { Clock } from '../core/clock.ts';
import { delay } from '../core/clock.ts';
import type { FetchedPartition, Log, LogReader } from '../core/log.ts';
import { messageOf } from '../core/stream-error.ts';
import type { CopyAge } from './copy-age.ts';
import { outdatedCopy, startOfCopy, wipeCopy, writeCopy, type ChangelogCopy } from './restore-changelog.ts';
import type { TaskId } from './task.ts';

export interface StandbysOptions {
  readonly log: Log;
  readonly clock: Clock;
  /** The changelog of a task. */
  readonly copyOf: (task: TaskId) => ChangelogCopy;
  /** A copy that is behind by no more records has caught up. */
  readonly acceptableLag: number;
  /** Called when a copy has caught up, at first and after failures. */
  readonly onCaughtUp: () => void;
  readonly onWarning: (message: string) => void;
}

interface Standby {
  readonly copy: ChangelogCopy;
  /** Nothing is written for it any more. */
  stopped: boolean;
  /** Undefined: where to go on is not known (again). */
  place: { readonly topicId: string; readonly age: CopyAge } | undefined;
  offset: number;
  /** Time of the position in the store, see copy-age.ts. */
  at: number;
  /** Records that it is behind; undefined: not known yet. */
  lag: number | undefined;
  /** It was near, and has been followed since. */
  caughtUp: boolean;
}

/** Of all copies together, in one fetch. */
const fetchBytes = 4 * 1024 * 1024;
const leastPartitionBytes = 64 * 1024;

/** A position that says nothing new is written so often: an old one would not be trusted. */
const refreshMs = 60_000;

const firstPauseMs = 500;
const longestPauseMs = 30_000;

export class Standbys {
  readonly #options: StandbysOptions;
  readonly #standbys = new Map<TaskId, Standby>();
  /** The last write of each task, while it runs. */
  readonly #writing = new Map<TaskId, Promise<void>>();
  readonly #closing = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(options: StandbysOptions) {
    this.#options = options;
  }

  /** How many records each copy is behind; undefined: not known yet. */
  get lags(): ReadonlyMap<TaskId, number | undefined> {
    return new Map([...this.#standbys].map(([id, { lag }]) => [id, lag]));
  }

  isCaughtUp(id: TaskId): boolean {
    return this.#standbys.get(id)?.caughtUp === true;
  }

  /** Follows these tasks and no others. */
  keep(wanted: readonly TaskId[]): void {
    const ids = new Set(wanted);
    for (const id of this.#standbys.keys()) if (!ids.has(id)) this.#stop(id);
    for (const id of ids) {
      if (this.#standbys.has(id)) continue;
      const copy = this.#options.copyOf(id);
      const fresh = { place: undefined, offset: 0, at: 0, lag: undefined, caughtUp: false };
      this.#standbys.set(id, { copy, stopped: false, ...fresh });
    }
    this.#start();
  }

  /** Gives a copy up; nothing of it is written any more when this resolves. */
  async release(id: TaskId): Promise<void> {
    this.#stop(id);
    await this.#writing.get(id);
  }

  async close(): Promise<void> {
    this.keep([]);
    this.#closing.abort();
    await this.#loop;
    await Promise.all(this.#writing.values());
  }

  #stop(id: TaskId): void {
    const standby = this.#standbys.get(id);
    if (standby === undefined) return;
    standby.stopped = true;
    this.#standbys.delete(id);
  }

  #start(): void {
    if (this.#loop !== undefined || this.#standbys.size === 0 || this.#isClosed()) return;
    this.#loop = this.#run().finally(() => {
      this.#loop = undefined;
      this.#start();
    });
  }

  async #run(): Promise<void> {
    const { log, clock, onWarning } = this.#options;
    const { signal } = this.#closing;
    const reader = log.reader();
    let pauseMs = firstPauseMs;
    while (this.#standbys.size > 0 && !this.#isClosed()) {
      try {
        await this.#round(reader);
        pauseMs = firstPauseMs;
      } catch (error) {
        if (this.#isClosed()) break;
        if (pauseMs === firstPauseMs) onWarning(`standbys are behind, trying again: ${messageOf(error)}`);
        for (const standby of this.#standbys.values()) {
          standby.place = undefined;
          standby.caughtUp = false;
        }
        await delay(clock, pauseMs, signal).catch(() => undefined); // woken early to end
        pauseMs = Math.min(2 * pauseMs, longestPauseMs);
      }
    }
    await reader.close().catch(() => undefined); // nothing is lost with it
  }

  // Read anew: it changes while a call is under way.
  #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #round(reader: LogReader): Promise<void> {
    for (const standby of [...this.#standbys.values()]) {
      if (standby.place === undefined) await this.#begin(standby);
    }
    const standbys = [...this.#standbys.values()].filter(({ place }) => place !== undefined);
    if (standbys.length === 0) return;
    const askedAt = this.#options.clock.now();
    const parts = await reader.fetch({
      partitions: standbys.map(({ copy: { topic, partition }, offset }) => ({ topic, partition, offset })),
      partitionBytes: Math.max(leastPartitionBytes, Math.floor(fetchBytes / standbys.length)),
      maxWaitMs: 500,
      isolation: 'committed',
      signal: this.#closing.signal,
    });
    await Promise.all(
      parts.map(async (part) => {
        const standby = standbys.find(
          ({ copy: { topic, partition } }) => topic === part.topic && partition === part.partition,
        );
        if (standby !== undefined) await this.#apply(standby, part, part.askedAt ?? askedAt);
        if (part.batch !== undefined) reader.recycle?.(part.batch);
      }),
    );
  }

  async #begin(standby: Standby): Promise<void> {
    const { copy } = standby;
    await this.#writing.get(copy.task); // of a former copy of the task
    const { topicId, offset, end, trusted, age } = await startOfCopy(copy);
    if (!trusted) await this.#write(standby, () => wipeCopy(copy));
    standby.offset = offset;
    standby.at = -Infinity;
    standby.place = { topicId, age };
    this.#setLag(standby, Math.max(0, end - offset));
  }

  async #apply(standby: Standby, part: FetchedPartition, askedAt: number): Promise<void> {
    const { copy, place } = standby;
    const { nextOffset, stable } = part;
    if (place !== undefined) {
      const { topicId, age } = place;
      const moved = nextOffset !== standby.offset;
      // Its position in the store is as old, so it begins anew.
      if (moved && age.isTooOld(this.#options.clock.now())) throw outdatedCopy(copy);
      age.came(nextOffset, stable, askedAt);
      const { at } = age;
      if (moved || at - standby.at >= refreshMs) {
        await this.#write(standby, () => writeCopy(copy, part, { topicId, offset: nextOffset, at }));
        standby.offset = nextOffset;
        standby.at = at;
      }
    }
    this.#setLag(standby, Math.max(0, stable - nextOffset));
  }

  #setLag(standby: Standby, lag: number): void {
    standby.lag = lag;
    if (standby.caughtUp || lag > this.#options.acceptableLag) return;
    standby.caughtUp = true;
    this.#options.onCaughtUp();
  }

  #write(standby: Standby, write: () => Promise<void>): Promise<void> {
    if (standby.stopped) return Promise.resolve();
    const { task } = standby.copy;
    const written = write();
    const settled = written.then(noop, noop).then(() => {
      if (this.#writing.get(task) === settled) this.#writing.delete(task);
    });
    this.#writing.set(task, settled);
    return written;
  }
}

const noop = (): void => undefined;
