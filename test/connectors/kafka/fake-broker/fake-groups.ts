/**
 * The group coordinator.
 *
 *   stable --someone joins, leaves or falls silent--> joining --all have joined, or the time is over--> syncing
 *      ^                                                                                                  |
 *      +------------------------------- the leader's assignments ----------------------------------------+
 *
 * When the time is over, dynamic members that have not joined are dropped; static ones stay, and learn of the new
 * generation when they are heard of again.
 */
import type { Clock, Timer } from '../../../../src/core/clock.ts';
import type { JoinGroupRequest, JoinGroupResponse } from '../../../../src/connectors/kafka/protocol/join-group.ts';
import type { SyncGroupRequest } from '../../../../src/connectors/kafka/protocol/sync-group.ts';
import { KafkaError, kafkaError } from './kafka-error.ts';

interface Waiter<T> {
  resolve(value: T): void;
  reject(error: KafkaError): void;
}

interface Member {
  id: string;
  readonly instanceId: string | undefined;
  request: JoinGroupRequest;
  joining: Waiter<JoinGroupResponse> | undefined;
  syncing: Waiter<Buffer> | undefined;
  assignment: Buffer;
  session: Timer | undefined;
}

class FakeGroup {
  generation = 0;
  state: 'joining' | 'syncing' | 'stable' = 'stable';
  readonly members = new Map<string, Member>();
  readonly #clock: Clock;
  #deadline: Timer | undefined;
  #named = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  join(request: JoinGroupRequest): Promise<JoinGroupResponse> {
    return new Promise((resolve, reject) => {
      const member = this.#memberOf(request);
      if (member === undefined) {
        const memberId = `member-${++this.#named}`;
        resolve({ ...failed(kafkaError.memberIdRequired.code), memberId });
        return;
      }
      member.request = request;
      if (member.id !== request.memberId && this.state === 'stable' && member.assignment.length > 0) {
        // The next instance of a static member takes its place: nothing changes for the others.
        resolve({ errorCode: 0, generation: this.generation, leader: '', memberId: member.id, members: [] });
        this.alive(member);
        return;
      }
      member.joining = { resolve, reject };
      member.session?.cancel();
      this.#prepare();
      this.#completeJoin();
    });
  }

  #memberOf(request: JoinGroupRequest): Member | undefined {
    const { memberId, instanceId } = request;
    const static_ = [...this.members.values()].find(
      (member) => instanceId !== undefined && member.instanceId === instanceId,
    );
    if (static_ !== undefined && memberId !== static_.id) {
      if (memberId !== '') throw kafkaError.fencedInstance;
      static_.joining?.reject(kafkaError.fencedInstance);
      static_.syncing?.reject(kafkaError.fencedInstance);
      this.members.delete(static_.id);
      static_.id = `static-${++this.#named}`;
      this.members.set(static_.id, static_);
      return static_;
    }
    const known = this.members.get(memberId);
    if (known !== undefined) return known;
    if (memberId === '' && instanceId === undefined) return undefined;
    const id = memberId === '' ? `static-${++this.#named}` : memberId;
    const none = { joining: undefined, syncing: undefined, session: undefined };
    const member = { id, instanceId, request, assignment: Buffer.alloc(0), ...none };
    this.members.set(id, member);
    return member;
  }

  #prepare(): void {
    if (this.state === 'joining') return;
    this.state = 'joining';
    for (const member of this.members.values()) {
      member.syncing?.reject(kafkaError.rebalanceInProgress);
      member.syncing = undefined;
    }
    this.#limitRound();
  }

  #limitRound(): void {
    const waitMs = Math.max(...[...this.members.values()].map(({ request }) => request.rebalanceTimeoutMs));
    this.#deadline = this.#clock.schedule(waitMs, () => {
      for (const member of [...this.members.values()]) {
        if (member.joining === undefined && member.instanceId === undefined) this.#remove(member);
      }
      this.#completeJoin(true);
      if (this.state === 'joining') this.#limitRound(); // nobody is there who could lead
    });
  }

  #completeJoin(timeIsOver = false): void {
    const members = [...this.members.values()];
    const there = members.filter(({ joining }) => joining !== undefined);
    if (this.state !== 'joining' || (there.length < members.length && !timeIsOver)) return;
    if (members.length > 0 && there.length === 0) return;
    this.#deadline?.cancel();
    if (members.length === 0) {
      this.state = 'stable';
      return;
    }
    this.generation++;
    this.state = 'syncing';
    const leader = there[0]!.id;
    const views = members.map(({ id, request }) => ({ memberId: id, metadata: Buffer.from(request.metadata) }));
    for (const member of there) {
      const own = member.id === leader ? views : [];
      const { generation } = this;
      member.joining!.resolve({ errorCode: 0, generation, leader, memberId: member.id, members: own });
      member.joining = undefined;
      this.alive(member);
    }
  }

  sync({ generation, memberId, instanceId, assignments }: SyncGroupRequest): Promise<Buffer> {
    const member = this.check(memberId, generation, instanceId);
    this.alive(member);
    if (this.state === 'joining') throw kafkaError.rebalanceInProgress;
    if (this.state === 'stable') return Promise.resolve(member.assignment);
    return new Promise((resolve, reject) => {
      member.syncing = { resolve, reject };
      if (assignments.size === 0) return;
      this.state = 'stable';
      for (const each of this.members.values()) {
        each.assignment = Buffer.from(assignments.get(each.id) ?? []);
        each.syncing?.resolve(each.assignment);
        each.syncing = undefined;
      }
    });
  }

  heartbeat(memberId: string, generation: number, instanceId: string | undefined): void {
    this.alive(this.check(memberId, generation, instanceId));
    if (this.state === 'joining') throw kafkaError.rebalanceInProgress;
  }

  leave(memberId: string, instanceId: string | undefined): void {
    const named = [...this.members.values()].find((each) => instanceId !== undefined && each.instanceId === instanceId);
    const member = memberId === '' ? named : this.members.get(memberId);
    if (member === undefined) throw kafkaError.unknownMember;
    this.#drop(member);
  }

  check(memberId: string, generation: number, instanceId?: string): Member {
    const member = this.members.get(memberId);
    if (member === undefined) {
      const taken = [...this.members.values()].some(
        (each) => each.instanceId !== undefined && each.instanceId === instanceId,
      );
      throw taken ? kafkaError.fencedInstance : kafkaError.unknownMember;
    }
    if (generation !== this.generation) throw kafkaError.illegalGeneration;
    return member;
  }

  alive(member: Member): void {
    member.session?.cancel();
    member.session = this.#clock.schedule(member.request.sessionTimeoutMs, () => {
      if (member.joining === undefined && this.members.get(member.id) === member) this.#drop(member);
    });
  }

  #drop(member: Member): void {
    this.#remove(member);
    if (this.members.size > 0) this.#prepare();
    this.#completeJoin();
  }

  #remove(member: Member): void {
    member.session?.cancel();
    this.members.delete(member.id);
    member.joining?.reject(kafkaError.unknownMember);
    member.syncing?.reject(kafkaError.unknownMember);
  }

  close(): void {
    this.#deadline?.cancel();
    for (const { session } of this.members.values()) session?.cancel();
  }
}

export class FakeGroups {
  readonly #clock: Clock;
  readonly #groups = new Map<string, FakeGroup>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  group(name: string): FakeGroup {
    let group = this.#groups.get(name);
    if (group === undefined) this.#groups.set(name, (group = new FakeGroup(this.#clock)));
    return group;
  }

  /** Offsets of those who claim to be a member are taken of members only. */
  check(group: string, memberId: string, generation: number): void {
    if (memberId !== '' || generation >= 0) this.group(group).check(memberId, generation);
  }

  close(): void {
    for (const group of this.#groups.values()) group.close();
  }
}

export function failed(errorCode: number): JoinGroupResponse {
  return { errorCode, generation: -1, leader: '', memberId: '', members: [] };
}
