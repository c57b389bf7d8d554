/**
 * Which member runs which task: sticky and balanced, and a task with state only moves to where a copy of it is near.
 *
 *   target     where balance wants the task: with its holder unless that one has more than its share, else where it is
 *              least behind
 *   target is ready, or nobody is    the target gets it, once its holder has given it up
 *   target is not ready              the holder keeps it, else the member that is least behind gets it; the target warms up
 *
 * Ready: behind by no more than the acceptable lag. Each warm-up ends in a move and a move ends nearer to balance, so where
 * nothing else changes everything comes to rest in balance.
 */
import type { StandbyMember } from './place-standbys.ts';
import type { TaskId } from './task.ts';

/** A member as far as it matters here. */
export interface TaskMember extends StandbyMember {
  readonly held: readonly TaskId[];
  /** It can copy the state of others' tasks into its store. */
  readonly follows: boolean;
  /** Records that copies are behind that were asked for only to warm up. */
  readonly warmUps: ReadonlyMap<TaskId, number>;
  /** Ends of the changelogs of the tasks that it holds. */
  readonly ends: ReadonlyMap<TaskId, number>;
}

export interface PlacedTasks {
  /** Tasks by member. A task that another one holds still is not among them. */
  readonly tasks: ReadonlyMap<string, readonly TaskId[]>;
  /** Copies without which a task cannot move to where balance wants it: those that are kept already first. */
  readonly wanted: readonly { readonly member: TaskMember; readonly task: TaskId; readonly ready: boolean }[];
}

/** `copied`: tasks with state; `acceptableLag` undefined: every member is always ready. */
export function placeTasks(
  tasks: readonly TaskId[],
  copied: ReadonlySet<TaskId>,
  members: readonly TaskMember[],
  acceptableLag: number | undefined,
): PlacedTasks {
  const holders = holdersOf(tasks, members);
  const lags = new Lags(copied, members, holders, acceptableLag ?? Infinity);
  const targets = targetsOf(tasks, members, holders, lags);
  const placed = new Map<string, TaskId[]>(members.map(({ id }) => [id, []]));
  const wanted: { member: TaskMember; task: TaskId; ready: boolean }[] = [];
  for (const task of tasks) {
    const holder = holders.get(task);
    const target = targets.get(task)!;
    const ready = members.filter((member) => lags.ready(member, task));
    let owner = target;
    if (target.follows && ready.length > 0 && !ready.includes(target)) {
      const nearest = ready.reduce((a, b) => (isNearer(b, a, task, lags, placed) ? b : a));
      owner = holder !== undefined && ready.includes(holder) ? holder : nearest;
    }
    if (holder === undefined || holder === owner) placed.get(owner.id)!.push(task);
    // What is followed goes on being followed until its holder has given it up.
    const isHandover = holder !== undefined && holder !== owner && followed(target, task) !== undefined;
    if (owner !== target || isHandover) wanted.push({ member: target, task, ready: ready.includes(target) });
  }
  const begun = ({ member, task }: { member: TaskMember; task: TaskId }): number => (member.warmUps.has(task) ? 0 : 1);
  wanted.sort((a, b) => begun(a) - begun(b));
  return { tasks: placed, wanted };
}

function followed(member: TaskMember, task: TaskId): number | undefined {
  return member.standbys.get(task) ?? member.warmUps.get(task);
}

function holdersOf(tasks: readonly TaskId[], members: readonly TaskMember[]): ReadonlyMap<TaskId, TaskMember> {
  const known = new Set(tasks);
  const holders = new Map<TaskId, TaskMember>();
  for (const member of members) {
    for (const task of member.held) if (known.has(task) && !holders.has(task)) holders.set(task, member);
  }
  return holders;
}

/** How far members are behind, as far as they tell. */
class Lags {
  readonly #copied: ReadonlySet<TaskId>;
  readonly #holders: ReadonlyMap<TaskId, TaskMember>;
  readonly #acceptable: number;
  /** Where nobody holds a task nobody knows the end of its changelog: then the furthest position stands for it. */
  readonly #furthest = new Map<TaskId, number>();

  constructor(
    copied: ReadonlySet<TaskId>,
    members: readonly TaskMember[],
    holders: ReadonlyMap<TaskId, TaskMember>,
    acceptable: number,
  ) {
    this.#copied = copied;
    this.#holders = holders;
    this.#acceptable = acceptable;
    for (const { positions } of members) {
      for (const [task, at] of positions) this.#furthest.set(task, Math.max(at, this.#furthest.get(task) ?? 0));
    }
  }

  of(member: TaskMember, task: TaskId): number {
    if (!this.#copied.has(task)) return 0;
    const holder = this.#holders.get(task);
    const end = holder === undefined ? (this.#furthest.get(task) ?? 0) : holder.ends.get(task);
    const told = holder === undefined ? undefined : followed(member, task);
    if (told !== undefined && told !== Infinity) return told;
    if (end === undefined) return member === holder ? 0 : Infinity;
    return Math.max(0, end - (member.positions.get(task) ?? 0));
  }

  // A copy that has caught up stays ready while the task has no holder: how far the last commit took it ahead is not known.
  ready(member: TaskMember, task: TaskId): boolean {
    return followed(member, task) === 0 || this.of(member, task) <= this.#acceptable;
  }
}

// Of two who are ready: the one that is less behind, then the one with less to do.
function isNearer(
  a: TaskMember,
  b: TaskMember,
  task: TaskId,
  lags: Lags,
  placed: ReadonlyMap<string, readonly TaskId[]>,
): boolean {
  const nearer = lags.of(a, task) - lags.of(b, task);
  return nearer === 0 ? placed.get(a.id)!.length < placed.get(b.id)!.length : nearer < 0;
}

/** Where balance wants each task. */
function targetsOf(
  tasks: readonly TaskId[],
  members: readonly TaskMember[],
  holders: ReadonlyMap<TaskId, TaskMember>,
  lags: Lags,
): ReadonlyMap<TaskId, TaskMember> {
  const least = Math.floor(tasks.length / members.length);
  let extra = tasks.length - least * members.length; // so many members may have one more
  const targets = new Map<TaskId, TaskMember>();
  const counts = new Map<TaskMember, number>(members.map((member) => [member, 0]));
  const give = (task: TaskId, member: TaskMember): void => {
    targets.set(task, member);
    counts.set(member, counts.get(member)! + 1);
  };
  // Those that have too many give up what others can take over soonest.
  const takers = members.filter((member) => tasks.filter((task) => holders.get(task) === member).length <= least);
  const moves = (task: TaskId): number =>
    takers.some((member) => lags.ready(member, task))
      ? 2
      : takers.some((member) => followed(member, task) !== undefined)
        ? 1
        : 0;
  for (const member of members) {
    const held = tasks.filter((task) => holders.get(task) === member);
    const share = held.length > least && extra > 0 ? least + 1 : least;
    if (held.length > least && extra > 0) extra--;
    if (held.length > share) {
      const ease = new Map(held.map((task) => [task, moves(task)]));
      held.sort((a, b) => ease.get(a)! - ease.get(b)!);
    }
    for (const task of held.slice(0, share)) give(task, member);
  }
  const free = (): readonly TaskId[] => tasks.filter((task) => !targets.has(task));
  const mayTake = (member: TaskMember): boolean => {
    const count = counts.get(member)!;
    return count < least || (count === least && extra > 0);
  };
  const take = (task: TaskId, member: TaskMember): void => {
    if (counts.get(member) === least) extra--;
    give(task, member);
  };
  // First to those who have the state already, or a part of it.
  for (const task of free()) {
    const copies = members.filter(
      (member) => member !== holders.get(task) && (followed(member, task) ?? member.positions.get(task)) !== undefined,
    );
    copies.sort((a, b) => lags.of(a, task) - lags.of(b, task) || 0);
    const taker = copies.find(mayTake);
    if (taker !== undefined) take(task, taker);
  }
  for (const task of free())
    take(task, members.find((member) => counts.get(member)! < least) ?? members.find(mayTake)!);
  return targets;
}
