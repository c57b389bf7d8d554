/**
 * The group coordinator of the simulated log: members, generations, committed offsets.
 *
 *   empty --join--> preparing --all known members joined, or the time for it is over--> stable --join, leave, expiry--> preparing
 *
 * When the time is over, slow members are expelled; static ones stay, as with brokers: the assignor sees what they told
 * before, and they learn of the new generation when they join again.
 *
 * Offsets of a transaction are staged and become readable with its marker; `stableOffsets` waits for those in doubt.
 */
import type { Assignor, MemberId, MemberView, PartitionOffset, TopicPartition } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import { pick } from './seeded-random.ts';
import type { Scheduler } from './scheduler.ts';
import type { TransactionOutcome } from './transaction-outcome.ts';

export interface JoinAnswer {
  readonly generation: number;
  readonly assignment: Uint8Array;
}

export interface JoinRequest {
  /** The member is new: an id that joined before and is not known any more was expelled. */
  readonly first: boolean;
  readonly group: string;
  readonly memberId: string;
  readonly instanceId: string | undefined;
  readonly metadata: Uint8Array;
  readonly sessionTimeoutMs: number;
  readonly assignor: Assignor;
}

interface Member {
  request: JoinRequest;
  lastSeen: number;
  /** Waits for the round to end. */
  waiting: { readonly resolve: (answer: JoinAnswer) => void; readonly reject: (error: Error) => void } | undefined;
  assignment: Uint8Array;
}

interface StagedOffset {
  readonly partition: string;
  readonly offset: number;
  readonly transaction: TransactionOutcome;
}

interface Group {
  generation: number;
  preparing: boolean;
  readonly members: Map<string, Member>;
  readonly offsets: Map<string, number>;
  staged: StagedOffset[];
  waiting: (() => void)[];
}

export type HeartbeatAnswer = 'ok' | 'rebalance' | 'unknown';

export class SimGroups {
  readonly #scheduler: Scheduler;
  readonly #groups = new Map<string, Group>();

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Enters the group, or a new round of it; resolves with the assignment of the generation that follows. */
  async join(request: JoinRequest): Promise<JoinAnswer> {
    const group = this.#group(request.group);
    if (!request.first && !group.members.has(request.memberId)) throw unknownMember(request.memberId);
    const former = this.#formerOf(group, request);
    if (former !== undefined) {
      group.members.delete(former[0]); // a static member came back: its former self is fenced, its place kept
      former[1].waiting?.reject(unknownMember(request.memberId));
      // What it tells of itself now is not looked at before the next round, as by brokers.
      if (!group.preparing) {
        const { assignment } = former[1];
        this.#admit(group, request, assignment);
        return { generation: group.generation, assignment };
      }
    }
    const member = group.members.get(request.memberId) ?? this.#admit(group, request, new Uint8Array());
    member.request = request;
    member.lastSeen = this.#scheduler.time;
    member.waiting?.reject(unknownMember(request.memberId));
    const answer = new Promise<JoinAnswer>((resolve, reject) => {
      member.waiting = { resolve, reject };
    });
    this.#prepare(group);
    this.#endRound(group);
    return await answer;
  }

  heartbeat({ group: name, memberId, generation }: MemberId): HeartbeatAnswer {
    const group = this.#group(name);
    const member = group.members.get(memberId);
    if (member === undefined) return 'unknown';
    member.lastSeen = this.#scheduler.time;
    if (group.preparing) return 'rebalance';
    return generation === group.generation ? 'ok' : 'unknown'; // it missed a round
  }

  leave(groupName: string, memberId: string): void {
    this.#remove(this.#group(groupName), memberId);
  }

  /** The process that kept the groups in memory is gone; offsets stay. */
  forgetMembers(): void {
    for (const group of this.#groups.values()) {
      group.members.clear();
      group.preparing = false;
    }
  }

  /** Fails unless the member belongs to the current generation. */
  check({ group: name, memberId, generation }: MemberId): void {
    const group = this.#group(name);
    if (!group.members.has(memberId)) throw unknownMember(memberId);
    if (generation !== group.generation) {
      throw new StreamError('REBALANCE', `generation ${generation} is over, the group is at ${group.generation}`, {
        reaction: 'rollback',
      });
    }
  }

  stage(name: string, transaction: TransactionOutcome, offsets: readonly PartitionOffset[]): void {
    const group = this.#group(name);
    for (const offset of offsets) {
      group.staged.push({ partition: partitionKey(offset), offset: offset.offset, transaction });
    }
  }

  /** Offsets outside of any transaction. */
  store(name: string, offsets: readonly PartitionOffset[]): void {
    const group = this.#group(name);
    for (const offset of offsets) this.#move(group, partitionKey(offset), offset.offset);
  }

  /** The end marker of a transaction reaches the group's offsets. */
  land(name: string, transaction: TransactionOutcome): void {
    const group = this.#group(name);
    for (const staged of group.staged) {
      if (staged.transaction === transaction && transaction.outcome === 'committed') {
        this.#move(group, staged.partition, staged.offset);
      }
    }
    group.staged = group.staged.filter((staged) => staged.transaction !== transaction);
    for (const wake of group.waiting.splice(0)) wake();
  }

  offsets(name: string, partitions: readonly TopicPartition[]): readonly (number | undefined)[] {
    const { offsets } = this.#group(name);
    return partitions.map((partition) => offsets.get(partitionKey(partition)));
  }

  async stableOffsets(name: string, partitions: readonly TopicPartition[]): Promise<readonly (number | undefined)[]> {
    const group = this.#group(name);
    const keys = new Set(partitions.map(partitionKey));
    while (group.staged.some(({ partition }) => keys.has(partition))) {
      await new Promise<void>((resolve) => group.waiting.push(resolve));
    }
    return this.offsets(name, partitions);
  }

  // A law of exactly-once: what was consumed is never consumed again.
  #move(group: Group, partition: string, offset: number): void {
    const before = group.offsets.get(partition) ?? 0;
    if (offset < before) {
      const reason = `the group's offset of ${partition} went back from ${before} to ${offset}`;
      this.#scheduler.fail(new StreamError('SIMULATION_FAILED', reason));
    }
    group.offsets.set(partition, offset);
  }

  #group(name: string): Group {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = { generation: 0, preparing: false, members: new Map(), offsets: new Map(), staged: [], waiting: [] };
      this.#groups.set(name, group);
    }
    return group;
  }

  #formerOf(group: Group, request: JoinRequest): [string, Member] | undefined {
    if (request.instanceId === undefined) return undefined;
    return [...group.members].find(
      ([id, member]) => id !== request.memberId && member.request.instanceId === request.instanceId,
    );
  }

  #admit(group: Group, request: JoinRequest, assignment: Uint8Array): Member {
    const member: Member = { request, lastSeen: this.#scheduler.time, waiting: undefined, assignment };
    group.members.set(request.memberId, member);
    this.#watchSession(group, member);
    return member;
  }

  // Members that wait for the round to end are alive; others must be heard of within their session timeout.
  #watchSession(group: Group, member: Member): void {
    const { memberId, sessionTimeoutMs } = member.request;
    if (member.waiting !== undefined) member.lastSeen = this.#scheduler.time;
    const silentMs = this.#scheduler.time - member.lastSeen;
    this.#scheduler.at(sessionTimeoutMs - silentMs + 1, 'session check', () => {
      if (group.members.get(memberId) !== member) return;
      const expired = member.waiting === undefined && this.#scheduler.time - member.lastSeen > sessionTimeoutMs;
      if (expired) this.#remove(group, memberId);
      else this.#watchSession(group, member);
    });
  }

  #remove(group: Group, memberId: string): void {
    const member = group.members.get(memberId);
    if (member === undefined) return;
    group.members.delete(memberId);
    member.waiting?.reject(unknownMember(memberId));
    if (group.members.size === 0) group.preparing = false;
    else this.#prepare(group);
    this.#endRound(group);
  }

  #prepare(group: Group): void {
    if (group.preparing) return;
    group.preparing = true;
    this.#limitRound(group);
  }

  // Of its own, apart from sessions: a member may be alive and not hear of the round in time.
  #limitRound(group: Group): void {
    const { generation } = group;
    const sessionMs = Math.max(...[...group.members.values()].map(({ request }) => request.sessionTimeoutMs));
    const timeoutMs = sessionMs * pick(this.#scheduler.random, [0.6, 1, 2]);
    this.#scheduler.at(timeoutMs, 'rebalance timeout', () => {
      if (!group.preparing || group.generation !== generation) return;
      for (const [id, member] of group.members) {
        if (member.waiting === undefined && member.request.instanceId === undefined) group.members.delete(id);
      }
      if (group.members.size === 0) group.preparing = false;
      else if ([...group.members.values()].some(({ waiting }) => waiting !== undefined)) this.#endRound(group, true);
      else this.#limitRound(group); // nobody is there who could lead
    });
  }

  #endRound(group: Group, timeIsOver = false): void {
    const members = [...group.members.values()];
    const there = members.filter(({ waiting }) => waiting !== undefined);
    if (!group.preparing || there.length === 0 || (there.length < members.length && !timeIsOver)) return;
    group.preparing = false;
    group.generation++;
    const views: MemberView[] = members.map(({ request }) => ({
      memberId: request.memberId,
      metadata: request.metadata,
    }));
    const assignments = pick(this.#scheduler.random, there).request.assignor(views);
    for (const member of members) {
      member.assignment = assignments.get(member.request.memberId) ?? new Uint8Array();
      if (member.waiting === undefined) continue;
      member.lastSeen = this.#scheduler.time;
      member.waiting.resolve({ generation: group.generation, assignment: member.assignment });
      member.waiting = undefined;
    }
  }
}

function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

function unknownMember(memberId: string): StreamError {
  return new StreamError('FENCED', `member ${memberId} is not, or no longer, in the group`, { reaction: 'rollback' });
}
