/**
 * Copies of state that this worker keeps of tasks that others run, and what the assignor is told of them: see place-tasks.ts.
 *
 *   assignment --warm-ups--> followed --within the acceptable lag--> rejoin, once --> the task comes, or goes on elsewhere
 */
import { delay, type Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Store } from '../core/store.ts';
import type { ToldCopies } from './assignment.ts';
import { readPosition, trustedSince } from './changelog-position.ts';
import type { ChangelogCopy } from './restore-changelog.ts';
import { Standbys } from './standbys.ts';
import type { TaskId } from './task.ts';

export interface TaskCopiesOptions {
  readonly log: Log;
  readonly store: Store;
  readonly clock: Clock;
  readonly job: string;
  /** Tasks with a changelog. */
  readonly tasks: ReadonlyMap<TaskId, ChangelogPlace>;
  readonly copyOf: (task: TaskId) => ChangelogCopy;
  /** Undefined: others write to the store as well, so no copies are kept. */
  readonly acceptableLag: number | undefined;
  /** Runs `work` on the worker's turn. */
  readonly mail: (work: () => void) => void;
  /** Asks for a new generation. */
  readonly rejoin: () => void;
  readonly onWarning: (message: string) => void;
}

export interface ChangelogPlace {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  /** How long the topic keeps deletions, where that is known. */
  readonly deletionsKeptMs?: number | undefined;
}

/** All members' metadata together must fit into one record of the coordinator. */
const mostStored = 100;

/** Longest wait for the ends of changelogs: the group waits as long. */
const measureMs = 1_000;

export class TaskCopies {
  readonly #options: TaskCopiesOptions;
  readonly #standbys: Standbys;
  /** Copies that were asked for because of a move only. */
  #extra: ReadonlySet<TaskId> = new Set();
  /** Tasks that move here once their copies have caught up. */
  #awaited: readonly TaskId[] = [];
  /** Caught up, as the assignor knows or will know. */
  #told = new Set<TaskId>();
  /** Ends of changelogs of tasks that came here, when they came. */
  readonly #ends = new Map<TaskId, number>();

  constructor(options: TaskCopiesOptions) {
    this.#options = options;
    const { log, clock, copyOf, acceptableLag = 0, mail, onWarning } = options;
    this.#standbys = new Standbys({
      log,
      clock,
      copyOf,
      acceptableLag,
      onCaughtUp: () => {
        mail(() => {
          this.tell();
        });
      },
      onWarning,
    });
  }

  /** How many records each copy is behind; undefined: not known yet. */
  get lags(): ReadonlyMap<TaskId, number | undefined> {
    return this.#standbys.lags;
  }

  /** Follows these tasks and no others. */
  keep(standbys: readonly TaskId[], warmUps: readonly TaskId[]): void {
    this.#extra = new Set(warmUps.filter((id) => !standbys.includes(id)));
    this.#awaited = warmUps;
    this.#standbys.keep([...standbys, ...this.#extra]);
  }

  /** Asks for a new generation when the assignor does not know yet that a copy has caught up that it waits for. */
  tell(): void {
    const news = this.#awaited.filter((id) => this.#standbys.isCaughtUp(id) && !this.#told.has(id));
    if (news.length === 0) return;
    for (const id of news) this.#told.add(id);
    this.#options.rejoin();
  }

  /** Gives a copy up; nothing of it is written any more when this resolves. */
  release(id: TaskId): Promise<void> {
    return this.#standbys.release(id);
  }

  close(): Promise<void> {
    return this.#standbys.close();
  }

  /** Finds out how long the changelogs are of tasks that come here. Where that fails they are told as unknown. */
  async measure(ids: readonly TaskId[]): Promise<void> {
    const { log, clock, tasks } = this.#options;
    const places = ids.flatMap((id) => {
      const place = tasks.get(id);
      return place === undefined ? [] : [{ ...place, id }];
    });
    for (const { id } of places) this.#ends.delete(id);
    if (places.length === 0) return;
    const waited = new AbortController();
    const bounds = await Promise.race([
      log.topics.bounds(places).catch(() => []),
      delay(clock, measureMs, waited.signal).then(
        () => [],
        () => [],
      ),
    ]);
    waited.abort();
    bounds.forEach(({ end }, i) => this.#ends.set(places[i]!.id, end));
  }

  /** What the assignor is told. */
  metadata(held: readonly TaskId[]): ToldCopies {
    const { lags } = this.#standbys;
    this.#told = new Set([...lags.keys()].filter((id) => this.#standbys.isCaughtUp(id)));
    // What has caught up is ready, however far it is behind at this moment.
    const lagOf = (id: TaskId): number | null => (this.#told.has(id) ? 0 : (lags.get(id) ?? null));
    const told = (ids: readonly TaskId[]): Record<TaskId, number | null> =>
      Object.fromEntries(ids.map((id) => [id, lagOf(id)]));
    const followed = [...lags.keys()];
    const positions = this.#positions(new Set([...held, ...followed]));
    const ends = held.flatMap((id) => {
      const end = this.#ends.get(id);
      return end === undefined ? [] : [[id, Math.max(end, positions[id] ?? 0)] as const];
    });
    return {
      follows: this.#options.acceptableLag !== undefined,
      standbys: told(followed.filter((id) => !this.#extra.has(id))),
      warmUps: told(followed.filter((id) => this.#extra.has(id))),
      positions,
      ends: Object.fromEntries(ends),
    };
  }

  // Of tasks that are neither run nor followed here, those that were here last.
  #positions(kept: ReadonlySet<TaskId>): Record<TaskId, number> {
    const { store, clock, job, tasks } = this.#options;
    const now = clock.now();
    const stored = [...tasks].flatMap(([id, { topicId, deletionsKeptMs }]) => {
      const position = readPosition(store, job, id);
      const trusted = position !== undefined && position.at >= trustedSince(now, deletionsKeptMs);
      const usable = position?.topicId === topicId && (kept.has(id) || trusted);
      return usable ? [{ id, ...position }] : [];
    });
    const others = stored.filter(({ id }) => !kept.has(id)).sort((a, b) => b.at - a.at);
    const chosen = [...stored.filter(({ id }) => kept.has(id)), ...others.slice(0, mostStored)];
    return Object.fromEntries(chosen.map(({ id, offset }) => [id, offset]));
  }
}
