/**
 * Who runs which task: the assignor of the group, and the bytes that members and assignments travel as.
 *
 * Sticky and balanced: a task stays with a member that holds it unless that one has more than its share. Incremental: a
 * task that another member still holds is withheld until it has been given up, so nobody stops work that it keeps. Members
 * are told as well which transactional ids of departed ones to fence: see departed.ts.
 */
import type { Assignor, MemberView } from '../core/log.ts';
import { StreamError } from '../core/stream-error.ts';
import type { MemberTable } from './departed.ts';
import { placeStandbys, type StandbyMember } from './place-standbys.ts';
import type { TaskId } from './task.ts';
import type { WorkerPlace } from './worker-options.ts';

export interface MemberMetadata {
  /** Digest of the topology: members with another one must not share work. */
  readonly topology: string;
  /** Transactional id. */
  readonly id: string;
  /** Tasks held now. */
  readonly held: readonly TaskId[];
  /** Tasks whose state it copies, and how many records the copy is behind; null: it does not know yet. */
  readonly standbys?: Readonly<Record<TaskId, number | null>> | undefined;
  readonly place?: WorkerPlace | undefined;
  /** The newest table it knows, and which of its ids it has fenced. */
  readonly table?: MemberTable | undefined;
  readonly fenced: readonly string[];
}

export interface Assignment {
  readonly tasks: readonly TaskId[];
  /** Tasks of others whose state to copy. */
  readonly standbys?: readonly TaskId[];
  /** Transactional ids to fence before a task that is new here is opened. */
  readonly fence: readonly string[];
  /** The table of this generation. */
  readonly table: Omit<MemberTable, 'generation'>;
  /** Set when this member may not take part. */
  readonly refused?: string;
}

export function encodeMetadata(metadata: MemberMetadata): Uint8Array {
  return Buffer.from(JSON.stringify(metadata));
}

export function decodeAssignment(bytes: Uint8Array): Assignment {
  if (bytes.length === 0) return { tasks: [], fence: [], table: { chain: '', ids: [] } };
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as Assignment;
  } catch (cause) {
    throw new StreamError('REBALANCE', 'the assignment is not readable', { cause, reaction: 'rollback' });
  }
}

export interface AssignorOptions {
  /** One member gets everything and others are refused. */
  readonly single: boolean;
  /** Members that copy the state of a task, beside the one that runs it. */
  readonly standbys: number;
  /** Tasks that have state to copy. */
  readonly copied: ReadonlySet<TaskId>;
}

/** Assignor over all tasks of a job. */
export function taskAssignor(tasks: readonly TaskId[], { single, standbys, copied }: AssignorOptions): Assignor {
  return (views) => {
    const members = [...views].sort((a, b) => (a.memberId < b.memberId ? -1 : 1)).map(decodeMember);
    const assignments = single
      ? assignAllToOne(tasks, members)
      : withStandbys(
          tasks.filter((task) => copied.has(task)),
          standbys,
          members,
          assignBalanced(tasks, members),
        );
    const { table, fences } = departures(members);
    return new Map(
      [...assignments].map(([id, share]) => {
        const assignment: Assignment = { ...share, fence: fences.get(id)!, table };
        return [id, Buffer.from(JSON.stringify(assignment))];
      }),
    );
  };
}

interface Member extends StandbyMember {
  readonly transactionalId: string;
  readonly held: readonly TaskId[];
  readonly table: MemberTable | undefined;
  readonly fenced: readonly string[];
}

function decodeMember(view: MemberView): Member {
  const metadata = JSON.parse(Buffer.from(view.metadata).toString()) as MemberMetadata;
  const { id, held, table, fenced, place, standbys = {} } = metadata;
  const lags = new Map(Object.entries(standbys).map(([task, lag]) => [task, lag ?? Infinity]));
  return { id: view.memberId, transactionalId: id, held, table, fenced, place, standbys: lags };
}

type Share = Pick<Assignment, 'tasks' | 'standbys' | 'refused'>;

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
  return { table: { chain: newest?.chain ?? members[0]!.id, ids: [...living, ...ids] }, fences };
}

// Nobody copies what another holds still, or will get: whoever runs a task writes its rows.
function withStandbys(
  tasks: readonly TaskId[],
  count: number,
  members: readonly Member[],
  shares: ReadonlyMap<string, Share>,
): ReadonlyMap<string, Share> {
  if (count === 0) return shares;
  const owners = new Map<TaskId, Member>();
  for (const member of members) for (const task of member.held) owners.set(task, member);
  for (const member of members) for (const task of shares.get(member.id)!.tasks) owners.set(task, member);
  const placed = placeStandbys(tasks, count, members, owners);
  return new Map([...shares].map(([id, share]) => [id, { ...share, standbys: placed.get(id)! }]));
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
  // First to those who have the state already.
  for (const task of [...free]) {
    const copies = members.filter(({ standbys }) => standbys.has(task));
    copies.sort((a, b) => a.standbys.get(task)! - b.standbys.get(task)! || 0);
    for (const { id } of copies) {
      const list = target.get(id)!;
      if (list.length > least || (list.length === least && extra === 0)) continue;
      if (list.length === least) extra--;
      list.push(task);
      free.splice(free.indexOf(task), 1);
      break;
    }
  }
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
