/**
 * One group. A round gathers every member's metadata, then one assignor decides, then everyone is told.
 *
 *   stable --join, leave, rejoin(), expiry--> joining --everybody answered--> assigning --> stable (generation + 1)
 *                                                \--session timeout: those who did not answer are removed
 *
 * Nobody is stopped meanwhile: a member gives a resource up by itself (its metadata no longer holds it) before another
 * one gets it, so a member may commit under its generation until it has taken in the next one.
 */
import type { Clock, Timer } from '../../core/clock.ts';
import type { MemberId } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { AsyncGroupSpec, LocalGroupMember } from './group-spec.ts';

/** One membership; a member that was removed and came back has another. */
interface Membership {
  readonly id: string;
  readonly spec: AsyncGroupSpec;
  generation: number;
  /** The generation before, valid until the current assignment was taken in. */
  previous: number;
  /** The answer in this round. */
  metadata: Uint8Array | undefined;
  /** Number of the last question for metadata: answers to older ones are ignored. */
  asked: number;
  /** The last assignment was taken in. */
  settled: Promise<void>;
  gone: boolean;
  lastSeenMs: number;
  expiry: Timer | undefined;
  /** Comes back as a new member. */
  readonly comeBack: () => void;
}

export class ConsumerGroup {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #members = new Map<string, Membership>();
  #phase: 'stable' | 'joining' | 'assigning' = 'stable';
  #generation = 0;
  #memberships = 0;
  /** Another round is wanted as soon as this one has assigned. */
  #again = false;
  #deadline: Timer | undefined;
  #closed = false;

  constructor(name: string, clock: Clock) {
    this.#name = name;
    this.#clock = clock;
  }

  get size(): number {
    return this.#members.size;
  }

  join(spec: AsyncGroupSpec): LocalGroupMember {
    const comeBack = (): void => {
      if (this.#closed) return;
      current = this.#open(spec, comeBack);
      void this.#arrive(current);
    };
    let current = this.#open(spec, comeBack);
    // The caller gets its member before the listener is asked for anything.
    void this.#clock.yield().then(() => this.#arrive(current));
    const idOf = (): MemberId => ({ group: this.#name, generation: current.generation, memberId: current.id });
    return {
      get id() {
        return idOf();
      },
      rejoin: () => {
        if (!current.gone) this.#rejoin(current);
      },
      heartbeat: () => {
        current.lastSeenMs = this.#clock.monotonic();
      },
      leave: async () => {
        if (current.gone) return;
        this.#remove(current);
        this.#startRound();
      },
    };
  }

  check(member: MemberId): void {
    const known = this.#members.get(member.memberId);
    if (known === undefined) throw removed(member);
    if (member.generation === known.generation || member.generation === known.previous) return;
    throw new StreamError(
      'REBALANCE',
      `group '${this.#name}' is at generation ${known.generation}, the commit is of generation ${member.generation}`,
      { reaction: 'rollback' },
    );
  }

  close(): void {
    this.#closed = true;
    this.#deadline?.cancel();
    for (const member of [...this.#members.values()]) this.#remove(member);
  }

  #open(spec: AsyncGroupSpec, comeBack: () => void): Membership {
    const id = `${spec.instanceId ?? 'member'}-${++this.#memberships}`;
    const never = { generation: -1, previous: -1, metadata: undefined, asked: 0, expiry: undefined };
    const lastSeenMs = this.#clock.monotonic();
    return { id, spec, ...never, settled: Promise.resolve(), gone: false, lastSeenMs, comeBack };
  }

  // A new member does not hold up a round before it has answered for the first time.
  async #arrive(member: Membership): Promise<void> {
    if (!(await this.#ask(member))) return;
    const { instanceId, heartbeats } = member.spec;
    for (const other of this.#members.values()) {
      if (instanceId === undefined || other.spec.instanceId !== instanceId) continue;
      this.#remove(other);
      other.spec.listener.onError(
        new StreamError('FENCED', `another instance '${instanceId}' has joined group '${this.#name}'`),
      );
    }
    this.#members.set(member.id, member);
    member.lastSeenMs = this.#clock.monotonic();
    if (heartbeats === true) this.#watch(member);
    this.#startRound();
  }

  #rejoin(member: Membership): void {
    if (!this.#members.has(member.id)) return; // it has not arrived yet, and will be asked anyway
    if (this.#phase === 'joining') void this.#ask(member).then(() => this.#completeRound());
    else this.#startRound();
  }

  #startRound(): void {
    if (this.#closed || this.#members.size === 0) return;
    if (this.#phase === 'assigning') {
      this.#again = true;
      return;
    }
    if (this.#phase === 'joining') {
      this.#completeRound(); // someone who was waited for may have left
      return;
    }
    this.#phase = 'joining';
    for (const member of this.#members.values()) void this.#ask(member).then(() => this.#completeRound());
    const patienceMs = Math.max(...[...this.#members.values()].map(({ spec }) => spec.sessionTimeoutMs));
    this.#deadline = this.#clock.schedule(patienceMs, () => {
      for (const member of [...this.#members.values()]) if (member.metadata === undefined) this.#expel(member);
    });
  }

  /** Asks for metadata once the last assignment was taken in; false when nobody wants the answer any more. */
  async #ask(member: Membership): Promise<boolean> {
    const asked = ++member.asked;
    member.metadata = undefined;
    try {
      await member.settled;
      if (!this.#wants(member, asked)) return false;
      const metadata = await member.spec.listener.metadata();
      if (!this.#wants(member, asked)) return false;
      member.metadata = metadata;
      return true;
    } catch (error) {
      this.#remove(member);
      member.spec.listener.onError(StreamError.from(error, 'REBALANCE'));
      return false;
    }
  }

  #wants(member: Membership, asked: number): boolean {
    return member.asked === asked && !member.gone && !this.#closed;
  }

  #completeRound(): void {
    if (this.#phase !== 'joining' || this.#closed) return;
    const members = [...this.#members.values()];
    if (members.some(({ metadata }) => metadata === undefined)) return;
    this.#deadline?.cancel();
    this.#phase = members.length === 0 ? 'stable' : 'assigning';
    if (members.length > 0) void this.#assign(members);
  }

  async #assign(members: readonly Membership[]): Promise<void> {
    const views = members.map(({ id, metadata }) => ({ memberId: id, metadata: metadata! }));
    try {
      const assignments = await members[0]!.spec.assignor(views);
      const generation = ++this.#generation;
      for (const member of members) {
        if (!member.gone) this.#tell(member, assignments.get(member.id) ?? new Uint8Array(), generation);
      }
    } catch (error) {
      for (const { spec } of members) spec.listener.onError(StreamError.from(error, 'REBALANCE'));
    }
    this.#phase = 'stable';
    if (this.#again) {
      this.#again = false;
      this.#startRound();
    }
  }

  #tell(member: Membership, assignment: Uint8Array, generation: number): void {
    const { listener } = member.spec;
    member.previous = member.generation;
    member.generation = generation;
    member.settled = (async () => {
      try {
        await listener.onAssigned(assignment, generation);
      } catch (error) {
        listener.onError(StreamError.from(error, 'REBALANCE'));
      }
      if (member.generation === generation) member.previous = generation;
    })();
  }

  // Sessions: a look at the last heartbeat whenever the session could have ended.
  #watch(member: Membership): void {
    const { sessionTimeoutMs } = member.spec;
    const left = member.lastSeenMs + sessionTimeoutMs - this.#clock.monotonic();
    if (left <= 0) {
      this.#expel(member);
      return;
    }
    member.expiry = this.#clock.schedule(left, () => this.#watch(member));
  }

  /** Removes a member that does not answer; it may come back as a new one. */
  #expel(member: Membership): void {
    this.#remove(member);
    member.spec.listener.onLost();
    member.comeBack();
    this.#startRound();
  }

  #remove(member: Membership): void {
    member.gone = true;
    member.expiry?.cancel();
    this.#members.delete(member.id);
    if (this.#members.size === 0 && this.#phase === 'joining') {
      this.#deadline?.cancel();
      this.#phase = 'stable';
    }
  }
}

export function removed({ group, memberId }: MemberId): StreamError {
  return new StreamError('FENCED', `'${memberId}' is no longer a member of group '${group}'`, { reaction: 'rollback' });
}
