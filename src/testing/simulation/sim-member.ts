/**
 * One member's side of the group protocol: heartbeats on their own timer, joins when the coordinator or the engine asks.
 *
 *   joining --answer--> assigned --(heartbeat says rebalance, or rejoin())--> joining
 *   any --coordinator does not know us--> onLost, then joining as a new member
 */
import type { GroupMember, GroupSpec, MemberId } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { Host } from './host.ts';
import { chance } from './seeded-random.ts';
import type { HeartbeatAnswer, JoinAnswer, SimGroups } from './sim-groups.ts';

export class SimMember implements GroupMember {
  readonly #host: Host;
  readonly #groups: SimGroups;
  readonly #spec: GroupSpec;
  readonly #newId: () => string;
  #id: MemberId;
  #joining = false;
  #assigning = false;
  #wantsJoin = false;
  #left = false;
  /** How many times it may come late to a round, or miss it: its thread is busy, but it is heard of. */
  #lateTimes: number;
  #dawdling = false;

  constructor(host: Host, groups: SimGroups, spec: GroupSpec, newId: () => string) {
    this.#host = host;
    this.#groups = groups;
    this.#spec = spec;
    this.#newId = newId;
    this.#lateTimes = chance(host.random, 0.3) ? 3 : 0;
    this.#id = { group: spec.group, generation: -1, memberId: newId() };
    void this.#join();
    this.#heartbeatLater();
  }

  get id(): MemberId {
    return this.#id;
  }

  rejoin(): void {
    if (this.#left) return;
    if (this.#joining || this.#assigning || this.#dawdling) this.#wantsJoin = true;
    else void this.#join();
  }

  async leave(): Promise<void> {
    if (this.#left) return;
    this.#left = true;
    if (this.#spec.keepPlace === true) return;
    const { group, memberId } = this.#id;
    await this.#host.call('group.leave', () => {
      this.#groups.leave(group, memberId);
    });
  }

  async #join(): Promise<void> {
    if (this.#lateTimes > 0 && this.#id.generation >= 0) await this.#dawdle();
    if (this.#isLeft()) return;
    this.#joining = true;
    this.#wantsJoin = false;
    const { group, memberId, generation } = this.#id;
    const { instanceId, sessionTimeoutMs, assignor, listener } = this.#spec;
    let answer: JoinAnswer;
    try {
      const metadata = Uint8Array.from(listener.metadata());
      const first = generation < 0;
      const request = { group, memberId, first, instanceId, metadata, sessionTimeoutMs, assignor };
      answer = await this.#host.call('group.join', () => this.#groups.join(request));
    } catch (error) {
      this.#joining = false;
      if (this.#isLeft()) return;
      if (StreamError.is(error) && error.code === 'FENCED') this.#lost();
      void this.#join();
      return;
    }
    if (generation >= 0 && answer.generation > generation + 1) {
      await this.#comeBackAsNew();
      return;
    }
    this.#joining = false;
    if (this.#isLeft()) return;
    this.#id = { group, memberId, generation: answer.generation };
    this.#assigning = true;
    try {
      await listener.onAssigned(answer.assignment, answer.generation);
    } catch (error) {
      listener.onError(error as Error);
    }
    this.#assigning = false;
    if (this.#joinIsDue()) void this.#join();
  }

  async #dawdle(): Promise<void> {
    const { clock, random } = this.#host;
    if (chance(random, 0.5)) return;
    this.#lateTimes--;
    this.#dawdling = true;
    await new Promise<void>((resolve) => void clock.schedule(random() * 2.5 * this.#spec.sessionTimeoutMs, resolve));
    this.#dawdling = false;
  }

  // A round ended without this member, in which others may have been given what it has.
  async #comeBackAsNew(): Promise<void> {
    const { group, memberId } = this.#id;
    const leaving = this.#host.call('group.leave', () => {
      this.#groups.leave(group, memberId);
    });
    await Promise.allSettled([leaving]); // failed: then it takes the place of its former self
    this.#joining = false;
    if (this.#isLeft()) return;
    this.#lost();
    void this.#join();
  }

  // Read anew: these change while a call is under way.
  #isLeft(): boolean {
    return this.#left;
  }

  #isJoining(): boolean {
    return this.#joining;
  }

  #joinIsDue(): boolean {
    return this.#wantsJoin && !this.#left && !this.#joining;
  }

  #heartbeatLater(): void {
    this.#host.clock.schedule(this.#spec.sessionTimeoutMs / 3, () => {
      if (this.#left) return;
      void this.#heartbeat();
    });
  }

  async #heartbeat(): Promise<void> {
    if (!this.#isJoining()) {
      const asked = this.#id;
      let answer: HeartbeatAnswer;
      try {
        answer = await this.#host.call('group.heartbeat', () => this.#groups.heartbeat(asked));
      } catch {
        answer = 'ok'; // a lost heartbeat: the next one will tell
      }
      if (asked === this.#id && !this.#isLeft() && !this.#isJoining()) {
        if (answer === 'unknown') {
          this.#lost();
          this.rejoin();
        } else if (answer === 'rebalance') {
          this.rejoin();
        }
      }
    }
    if (!this.#isLeft()) this.#heartbeatLater();
  }

  #lost(): void {
    this.#id = { group: this.#spec.group, generation: -1, memberId: this.#newId() };
    this.#spec.listener.onLost();
  }
}
