/**
 * Who runs which task: the assignor of the group, and the bytes that members and assignments travel as.
 *
 * Sticky and balanced, with warm-ups before moves: see place-tasks.ts. Incremental: a task that another member still holds
 * is withheld until it has been given up, so nobody stops work that it keeps. Members are told as well which transactional
 * ids of departed ones to fence: see departed.ts.
 */
import type { Assignor, MemberView } from '../core/log.ts';
import { StreamError } from '../core/stream-error.ts';
import type { MemberTable, NextTable } from './departed.ts';
import { placeStandbys } from './place-standbys.ts';
import { placeTasks, type PlacedTasks, type TaskMember } from './place-tasks.ts';
import type { TaskId } from './task.ts';
import type { WarmUpSettings, WorkerPlace } from './worker-options.ts';

/** How many records copies are behind; null: not known yet. */
type ToldLags = Readonly<Record<TaskId, number | null>>;

/** What a member tells of state: of its own tasks, and of those that others run. */
export interface ToldCopies {
  /** It can be asked for copies. */
  readonly follows: boolean;
  /** Copies that it was asked for. */
  readonly standbys: ToldLags;
  /** Copies that it was asked for only because the task is to move here. */
  readonly warmUps: ToldLags;
  /** Positions of its store in the changelogs of tasks. */
  readonly positions: Readonly<Record<TaskId, number>>;
  /** Ends of the changelogs of the tasks that it holds. */
  readonly ends: Readonly<Record<TaskId, number>>;
}

export interface MemberMetadata {
  /** Digest of the topology: members with another one must not share work. */
  readonly topology: string;
  /** Transactional id. */
  readonly id: string;
  /** Tasks held now. */
  readonly held: readonly TaskId[];
  /** Undefined: the log keeps the rows. */
  readonly copies?: ToldCopies | undefined;
  readonly place?: WorkerPlace | undefined;
  /** The newest table it knows, and which of its ids it has fenced. */
  readonly table?: MemberTable | undefined;
  readonly fenced: readonly string[];
}

export interface Assignment {
  readonly tasks: readonly TaskId[];
  /** Every task is somebody's: none is on its way from one member to another. */
  readonly complete: boolean;
  /** Tasks of others whose state to copy. */
  readonly standbys?: readonly TaskId[];
  /** Tasks of others that are to move here once the copy of their state is near. */
  readonly warmUps?: readonly TaskId[];
  /** Transactional ids to fence before a task that is new here is opened. */
  readonly fence: readonly string[];
  /** The table of this generation. */
  readonly table: NextTable;
  /** Set when this member may not take part. */
  readonly refused?: string;
}

export function encodeMetadata(metadata: MemberMetadata): Uint8Array {
  return Buffer.from(JSON.stringify(metadata));
}

export function decodeAssignment(bytes: Uint8Array): Assignment {
  if (bytes.length === 0) return { tasks: [], complete: false, fence: [], table: noTable };
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as Assignment;
  } catch (cause) {
    throw new StreamError('REBALANCE', 'the assignment is not readable', { cause, reaction: 'rollback' });
  }
}

const noTable: NextTable = { ids: [], chain: '', after: 0, anew: '' };

export interface AssignorOptions {
  /** One member gets everything and others are refused. */
  readonly single: boolean;
  /** Members that copy the state of a task, beside the one that runs it. */
  readonly standbys: number;
  /** Tasks that have state to copy. */
  readonly copied: ReadonlySet<TaskId>;
  /** Undefined: tasks move at once. */
  readonly warmUps?: WarmUpSettings | undefined;
}

/** Assignor over all tasks of a job. */
export function taskAssignor(tasks: readonly TaskId[], options: AssignorOptions): Assignor {
  return (views) => {
    const members = [...views].sort((a, b) => (a.memberId < b.memberId ? -1 : 1)).map(decodeMember);
    const assignments = options.single ? assignAllToOne(tasks, members) : assignShares(tasks, members, options);
    const { table, fences } = departures(members);
    const given = [...assignments.values()].reduce((sum, share) => sum + share.tasks.length, 0);
    const complete = given === tasks.length;
    return new Map(
      [...assignments].map(([id, share]) => {
        const assignment: Assignment = { ...share, complete, fence: fences.get(id)!, table };
        return [id, Buffer.from(JSON.stringify(assignment))];
      }),
    );
  };
}

interface Member extends TaskMember {
  readonly transactionalId: string;
  readonly table: MemberTable | undefined;
  readonly fenced: readonly string[];
}

function decodeMember(view: MemberView): Member {
  const metadata = JSON.parse(Buffer.from(view.metadata).toString()) as MemberMetadata;
  const { id, held, table, fenced, place, copies } = metadata;
  return {
    id: view.memberId,
    transactionalId: id,
    held,
    table,
    fenced,
    place,
    follows: copies?.follows ?? false,
    standbys: lagsOf(copies?.standbys),
    warmUps: lagsOf(copies?.warmUps),
    positions: new Map(Object.entries(copies?.positions ?? {})),
    ends: new Map(Object.entries(copies?.ends ?? {})),
  };
}

function lagsOf(told: ToldLags = {}): ReadonlyMap<TaskId, number> {
  return new Map(Object.entries(told).map(([task, lag]) => [task, lag ?? Infinity]));
}

type Share = Pick<Assignment, 'tasks' | 'standbys' | 'warmUps' | 'refused'>;

function assignAllToOne(tasks: readonly TaskId[], members: readonly Member[]): ReadonlyMap<string, Share> {
  const owner = members.find((member) => member.held.length > 0) ?? members[0]!;
  const refused = 'the job exchanges records directly inside one worker, and another worker has it';
  return new Map(members.map((member) => [member.id, member === owner ? { tasks } : { tasks: [], refused }]));
}

// Members that live have given up in good order what they do not hold; of the others nobody knows.
function departures(members: readonly Member[]): {
  readonly table: Assignment['table'];
  readonly fences: ReadonlyMap<string, readonly string[]>;
} {
  const newest = members.flatMap(({ table }) => table ?? []).sort((a, b) => b.generation - a.generation)[0];
  const living = new Set(members.map(({ transactionalId }) => transactionalId));
  const departed = new Set<string>();
  for (const { table } of members) {
    const unconsidered = table === newest || table?.chain !== newest?.chain;
    if (unconsidered) for (const id of table?.ids ?? []) departed.add(id);
  }
  for (const { table, fenced } of members) {
    if (table?.generation === newest?.generation) for (const id of fenced) departed.delete(id);
  }
  const ids = [...departed].filter((id) => !living.has(id)).sort();
  const count = members.length;
  const fences = new Map(members.map(({ id }, i) => [id, ids.filter((_, k) => k % count === i)]));
  const anew = members[0]!.id;
  const table = { ids: [...living, ...ids], chain: newest?.chain ?? anew, after: newest?.generation ?? 0, anew };
  return { table, fences };
}

function assignShares(
  tasks: readonly TaskId[],
  members: readonly Member[],
  { standbys, copied, warmUps }: AssignorOptions,
): ReadonlyMap<string, Share> {
  const placed = placeTasks(tasks, copied, members, warmUps?.acceptableLag);
  const copies = standbysOf(
    tasks.filter((task) => copied.has(task)),
    standbys,
    members,
    placed,
  );
  const warm = warmUpsOf(placed, copies, warmUps?.most ?? 0);
  return new Map(
    members.map(({ id }) => [
      id,
      { tasks: placed.tasks.get(id)!, standbys: copies.get(id) ?? [], warmUps: warm.get(id) ?? [] },
    ]),
  );
}

// Nobody copies what another holds still, or will get: whoever runs a task writes its rows.
function standbysOf(
  tasks: readonly TaskId[],
  count: number,
  members: readonly Member[],
  placed: PlacedTasks,
): ReadonlyMap<string, readonly TaskId[]> {
  const owners = new Map<TaskId, Member>();
  for (const member of members) for (const task of member.held) owners.set(task, member);
  for (const member of members) for (const task of placed.tasks.get(member.id)!) owners.set(task, member);
  return placeStandbys(
    tasks,
    count,
    members.filter(({ follows }) => follows),
    owners,
  );
}

// Standbys that are to take over cost no copy of their own, and those that are ready none for long.
function warmUpsOf(
  { wanted }: PlacedTasks,
  standbys: ReadonlyMap<string, readonly TaskId[]>,
  most: number,
): ReadonlyMap<string, readonly TaskId[]> {
  const warm = new Map<string, TaskId[]>();
  let left = most;
  for (const { member, task, ready } of wanted) {
    const isExtra = !ready && !standbys.get(member.id)?.includes(task);
    if (isExtra && left === 0) continue;
    if (isExtra) left--;
    warm.set(member.id, [...(warm.get(member.id) ?? []), task]);
  }
  return warm;
}
