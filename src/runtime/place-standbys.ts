/**
 * Which members copy the state of which tasks: elsewhere than the task and its other copies, where it is already or was
 * once, and evenly, in this order. Where nothing has changed, nothing moves.
 */
import type { TaskId } from './task.ts';
import type { WorkerPlace } from './worker-options.ts';

/** A member as far as it matters here. */
export interface StandbyMember {
  readonly id: string;
  /** Records that its copies are behind. */
  readonly standbys: ReadonlyMap<TaskId, number>;
  /** How far its store is in the changelogs of tasks. */
  readonly positions: ReadonlyMap<TaskId, number>;
  readonly place: WorkerPlace | undefined;
}

/** Tasks to copy by member; `owners` run, or are about to run, the task themselves. */
export function placeStandbys(
  tasks: readonly TaskId[],
  count: number,
  members: readonly StandbyMember[],
  owners: ReadonlyMap<TaskId, StandbyMember>,
): ReadonlyMap<string, readonly TaskId[]> {
  const placed = new Map<string, TaskId[]>(members.map(({ id }) => [id, []]));
  const copies = new Map<TaskId, StandbyMember[]>(tasks.map((task) => [task, []]));
  const most = Math.ceil((tasks.length * Math.min(count, members.length - 1)) / members.length);
  const place = (task: TaskId, mayTake: (member: StandbyMember) => boolean): void => {
    const owner = owners.get(task);
    const taken = copies.get(task)!;
    while (owner !== undefined && taken.length < count) {
      const used = [owner, ...taken];
      const others = members.filter((member) => !used.includes(member));
      const nearest = Math.min(...others.map((member) => nearness(member, used)));
      const best = others
        .filter((member) => nearness(member, used) === nearest && mayTake(member))
        .sort(
          (a, b) => placed.get(a.id)!.length - placed.get(b.id)!.length || positionIn(b, task) - positionIn(a, task),
        )[0];
      if (best === undefined) return;
      taken.push(best);
      placed.get(best.id)!.push(task);
    }
  };
  const hasRoom = ({ id }: StandbyMember): boolean => placed.get(id)!.length < most;
  for (const task of tasks) place(task, (member) => member.standbys.has(task) && hasRoom(member));
  for (const task of tasks) place(task, (member) => member.positions.has(task) && hasRoom(member));
  for (const task of tasks) place(task, hasRoom);
  for (const task of tasks) place(task, () => true);
  return placed;
}

function positionIn({ positions }: StandbyMember, task: TaskId): number {
  return positions.get(task) ?? 0;
}

// 0: another rack and another host than all of these; 1: another host; 2: not even that.
function nearness({ place }: StandbyMember, used: readonly StandbyMember[]): number {
  return Math.max(...used.map((other) => nearnessOf(place, other.place)));
}

function nearnessOf(a: WorkerPlace | undefined, b: WorkerPlace | undefined): number {
  if (a?.host === b?.host) return 2;
  return a?.rack === b?.rack ? 1 : 0;
}
