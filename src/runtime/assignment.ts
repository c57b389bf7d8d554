/**
 * Who runs which task: the assignor of the group, and the bytes that members and assignments travel as.
 *
 * Sticky and balanced: a task stays with a member that holds it unless that one has more than its share. Incremental: a
 * task that another member still holds is withheld until it has been given up, so nobody stops work that it keeps. Heirs
 * learn which transactional ids of departed members to fence: see ownership.ts.
 */
import type { Assignor, MemberView } from '../core/log.ts';
import { StreamError } from '../core/stream-error.ts';
import type { OwnerTable } from './ownership.ts';
import type { TaskId } from './task.ts';

export interface MemberMetadata {
  /** Digest of the topology: members with another one must not share work. */
  readonly topology: string;
  /** Transactional id. */
  readonly id: string;
  /** Tasks held now: former owners of them have been fenced. */
  readonly held: readonly TaskId[];
  readonly table?: OwnerTable | undefined;
}

export interface Assignment {
  readonly tasks: readonly TaskId[];
  /** Transactional ids to fence before a task that is new here is opened. */
  readonly fence: readonly string[];
  readonly owners: OwnerTable['owners'];
  /** Set when this member may not take part. */
  readonly refused?: string;
}

export function encodeMetadata(metadata: MemberMetadata): Uint8Array {
  return Buffer.from(JSON.stringify(metadata));
}

export function decodeAssignment(bytes: Uint8Array): Assignment {
  if (bytes.length === 0) return { tasks: [], fence: [], owners: {} };
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as Assignment;
  } catch (cause) {
    throw new StreamError('REBALANCE', 'the assignment is not readable', { cause, reaction: 'rollback' });
  }
}

/** Assignor over all tasks of a job; with `single`, one member gets everything and others are refused. */
export function taskAssignor(tasks: readonly TaskId[], single: boolean): Assignor {
  return (views) => {
    const members = [...views].sort((a, b) => (a.memberId < b.memberId ? -1 : 1)).map(decodeMember);
    const assignments = single ? assignAllToOne(tasks, members) : assignBalanced(tasks, members);
    const complete = withOwners(tasks, members, assignments);
    return new Map([...complete].map(([id, assignment]) => [id, Buffer.from(JSON.stringify(assignment))]));
  };
}

interface Member {
  readonly id: string;
  readonly transactionalId: string;
  readonly held: readonly TaskId[];
  readonly table: OwnerTable | undefined;
}

function decodeMember(view: MemberView): Member {
  const { id, held, table } = JSON.parse(Buffer.from(view.metadata).toString()) as MemberMetadata;
  return { id: view.memberId, transactionalId: id, held, table };
}

type Share = Pick<Assignment, 'tasks' | 'refused'>;

function assignAllToOne(tasks: readonly TaskId[], members: readonly Member[]): ReadonlyMap<string, Share> {
  const owner = members.find((member) => member.held.length > 0) ?? members[0]!;
  const refused = 'the job exchanges records directly inside one worker, and another worker has it';
  return new Map(members.map((member) => [member.id, member === owner ? { tasks } : { tasks: [], refused }]));
}

// A living member has given up in good order what it does not hold. Of the others nobody knows.
function withOwners(
  tasks: readonly TaskId[],
  members: readonly Member[],
  shares: ReadonlyMap<string, Share>,
): ReadonlyMap<string, Assignment> {
  const living = new Set(members.map(({ transactionalId }) => transactionalId));
  const former = ownersByTask(newestTable(members));
  const owners: Record<string, TaskId[]> = {};
  const fences = new Map(members.map(({ id }) => [id, new Set<string>()]));
  for (const task of tasks) {
    const holder = members.find(({ held }) => held.includes(task));
    const next = members.find(({ id }) => shares.get(id)!.tasks.includes(task));
    const before = holder === undefined ? (former.get(task) ?? []) : [holder.transactionalId];
    for (const id of before) if (!living.has(id) && next !== undefined) fences.get(next.id)!.add(id);
    for (const id of new Set([...before, ...(next === undefined ? [] : [next.transactionalId])])) {
      (owners[id] ??= []).push(task);
    }
  }
  return new Map(members.map(({ id }) => [id, { ...shares.get(id)!, fence: [...fences.get(id)!], owners }]));
}

function newestTable(members: readonly Member[]): OwnerTable | undefined {
  const tables = members.flatMap(({ table }) => table ?? []);
  return tables.sort((a, b) => b.generation - a.generation)[0];
}

function ownersByTask(table: OwnerTable | undefined): ReadonlyMap<TaskId, readonly string[]> {
  const byTask = new Map<TaskId, string[]>();
  for (const [id, tasks] of Object.entries(table?.owners ?? {})) {
    for (const task of tasks) byTask.set(task, [...(byTask.get(task) ?? []), id]);
  }
  return byTask;
}

function assignBalanced(tasks: readonly TaskId[], members: readonly Member[]): ReadonlyMap<string, Share> {
  const known = new Set(tasks);
  const holder = new Map<TaskId, string>();
  for (const member of members) {
    for (const task of member.held) if (known.has(task) && !holder.has(task)) holder.set(task, member.id);
  }
  const least = Math.floor(tasks.length / members.length);
  let extra = tasks.length - least * members.length; // so many members may have one more
  const target = new Map<string, TaskId[]>(members.map((member) => [member.id, []]));
  const free: TaskId[] = [];
  for (const member of members) {
    const held = tasks.filter((task) => holder.get(task) === member.id);
    const share = held.length > least && extra > 0 ? least + 1 : least;
    if (held.length > least && extra > 0) extra--;
    target.set(member.id, held.slice(0, share));
    free.push(...held.slice(share));
  }
  free.push(...tasks.filter((task) => !holder.has(task)));
  for (const member of members) {
    const list = target.get(member.id)!;
    while (list.length < least && free.length > 0) list.push(free.shift()!);
  }
  for (const member of members) {
    if (free.length === 0) break;
    const list = target.get(member.id)!;
    if (list.length === least && extra > 0) {
      list.push(free.shift()!);
      extra--;
    }
  }
  // A task still held by somebody else is withheld until its holder has joined again without it.
  return new Map(
    members.map(({ id }) => {
      const list = target.get(id)!.filter((task) => (holder.get(task) ?? id) === id);
      return [id, { tasks: list }];
    }),
  );
}
