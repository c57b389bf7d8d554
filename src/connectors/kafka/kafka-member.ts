/**
 * One member's side of Kafka's group protocol (the "classic" one, with a protocol type of our own, so that metadata and
 * assignments may be any bytes).
 *
 *   joining --JoinGroup--> syncing --SyncGroup--> assigned --(heartbeat: rebalance, or rejoin())--> joining
 *     any --the coordinator does not know the member--> onLost, then joining as a new one
 *     any --another process has its name (FENCED), or an error that will not pass--> onError, ended
 *
 * Heartbeats have their own timer and go on while an assignment is being taken in. They pause while joining: then the
 * coordinator waits for us, not for heartbeats, and would answer them only after the join.
 */
import { delay, type Timer } from '../../core/clock.ts';
import type { GroupMember, GroupSpec, MemberId } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import { groupCodes, GroupRequests } from './group-requests.ts';
import type { KafkaContext } from './kafka-context.ts';
import { openMetadata, sealMetadata } from './member-metadata.ts';
import type { JoinGroupResponse } from './protocol/join-group.ts';
import type { Slot } from './transport/kafka-transport.ts';

const protocolType = 'millrace';
const protocol = 'millrace-1';

/** Generations come in pairs: one in which tasks are given up and one in which they are given out. */
const firstHeartbeatMs = 50;

/** A process that takes a name opens its transactional id first, and then enters the group. */
const enteringMs = 1_000;

/** What a round ended with: an assignment, or the need for another round, as the same member or as a new one. */
type Round = { readonly id: MemberId; readonly assignment: Buffer } | 'again' | 'lost';

export class KafkaMember implements GroupMember {
  readonly #context: KafkaContext;
  readonly #spec: GroupSpec;
  readonly #slot: Slot;
  readonly #requests: GroupRequests;
  readonly #abort = new AbortController();
  /** Stays what it was until a new assignment comes: commits of an id that is over must be refused. */
  #id: MemberId;
  /** Id to join with; empty: as a new member. */
  #memberId = '';
  /** Generation of the last join that was answered with this id; -1: none. */
  #joined = -1;
  /** The place of the name was taken once since the last assignment. */
  #displaced = false;
  /** A join was sent. */
  #asked = false;
  /** Times that `rejoin` was called. */
  #wishes = 0;
  #joinDue = false;
  #joining = false;
  #wake: () => void = () => undefined;
  #heartbeat: Timer | undefined;
  /** Until the next heartbeat: longer from one to the next, up to the interval that was asked for. */
  #pauseMs = firstHeartbeatMs;

  /** `slot`: a connection that nobody else uses. */
  constructor(context: KafkaContext, spec: GroupSpec, slot: Slot) {
    this.#context = context;
    this.#spec = spec;
    this.#slot = slot;
    this.#requests = new GroupRequests(context, spec.group, slot, this.#abort.signal);
    this.#id = { group: spec.group, generation: -1, memberId: 'not-joined' };
    void this.#run();
  }

  get id(): MemberId {
    return this.#id;
  }

  rejoin(): void {
    this.#wishes++;
    this.#askToJoin();
  }

  async confirm(): Promise<void> {
    if (!(await this.#isKnown())) return; // nobody has taken its place
    await delay(this.#context.clock, enteringMs, this.#abort.signal);
    await this.#isKnown();
  }

  /** Whether the group has it as the member it was last; fails with FENCED when it has another one of its name. */
  async #isKnown(): Promise<boolean> {
    const { instanceId, sessionTimeoutMs } = this.#spec;
    this.#abort.signal.throwIfAborted();
    const asked = this.#id;
    const isLost = (): boolean => this.#memberId !== asked.memberId; // then it may be that other one itself
    if (instanceId === undefined || isLost()) return false;
    const timeoutMs = Math.min(sessionTimeoutMs, enteringMs);
    try {
      const code = await this.#requests.heartbeat(asked, instanceId, timeoutMs, 'control');
      return code !== groupCodes.unknownMember && code !== groupCodes.illegalGeneration;
    } catch (error) {
      if (isLost()) return false;
      throw error;
    }
  }

  async leave(): Promise<void> {
    if (this.#hasEnded()) return;
    this.stop();
    await this.#sayGoodBye();
  }

  /** Ends without a good-bye: the log is closing. */
  stop(): void {
    this.#stop(new StreamError('LOG_CLOSED', `the membership in group '${this.#spec.group}' has ended`));
  }

  #stop(reason: StreamError): void {
    this.#heartbeat?.cancel();
    this.#abort.abort(reason);
    this.#context.transport.release(this.#slot);
    this.#wake();
  }

  // A call, since it changes while others are awaited.
  #hasEnded(): boolean {
    return this.#abort.signal.aborted;
  }

  async #sayGoodBye(): Promise<void> {
    const { group, instanceId, keepPlace } = this.#spec;
    // A static member has its place from the moment it asks for it, before it is told an id.
    const hasPlace = this.#memberId !== '' || (this.#asked && instanceId !== undefined);
    if (keepPlace === true || !hasPlace) return;
    await this.#requests.leave(group, this.#memberId, instanceId);
  }

  #askToJoin(): void {
    this.#joinDue = true;
    this.#wake();
  }

  async #run(): Promise<void> {
    await this.#context.clock.yield(); // the caller gets its member before the listener is asked for anything
    try {
      while (!this.#hasEnded()) {
        const round = await this.#join().catch((error: unknown) => this.#displacement(error));
        if (this.#hasEnded()) return;
        if (round === 'lost') this.#lose();
        else if (round !== 'again') await this.#assign(round);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  // A member that took its own place back while a round was under way is known by its new id to this coordinator only, until
  // the round ends: another one goes by the id from before. So it may take its place once more. Where two processes do so in
  // turn, the second displacement ends one of them; one that has been given an assignment is known by its id everywhere.
  #displacement(error: unknown): Round {
    const isFenced = StreamError.is(error) && error.code === 'FENCED';
    if (!isFenced || this.#displaced || this.#memberId === this.#id.memberId) throw error;
    this.#displaced = true;
    return 'lost';
  }

  async #join(): Promise<Round> {
    this.#heartbeat?.cancel();
    this.#joining = true;
    this.#joinDue = false;
    const { group, instanceId, sessionTimeoutMs, listener } = this.#spec;
    this.#asked = true;
    const askedAs = this.#memberId;
    const joined = await this.#requests.join({
      group,
      sessionTimeoutMs,
      rebalanceTimeoutMs: this.#context.settings.rebalanceTimeoutMs,
      memberId: this.#memberId,
      instanceId,
      protocolType,
      protocol,
      metadata: sealMetadata(this.#wishes, listener.metadata()),
    });
    const { errorCode, memberId, generation } = joined;
    if (errorCode === groupCodes.none || errorCode === groupCodes.memberIdRequired) this.#memberId = memberId;
    if (errorCode !== groupCodes.none) return nextRound(errorCode);
    if (askedAs === memberId && this.#joined >= 0 && generation > this.#joined + 1) {
      // Static members keep their place also when a round ends without them, in which others may have been given what this
      // one has. It must not commit that under the new generation.
      await this.#requests.leave(group, memberId, instanceId);
      return 'lost';
    }
    this.#joined = generation;
    const assignments = memberId === joined.leader ? this.#decide(joined) : new Map<string, Uint8Array>();
    const syncing = { group, generation, memberId, instanceId, assignments };
    const { errorCode: syncError, assignment } = await this.#requests.sync(syncing, sessionTimeoutMs);
    if (syncError !== groupCodes.none) return nextRound(syncError);
    return { id: { group, generation, memberId }, assignment };
  }

  #decide({ members }: JoinGroupResponse): ReadonlyMap<string, Uint8Array> {
    return this.#spec.assignor(
      members.map(({ memberId, metadata }) => ({ memberId, metadata: openMetadata(metadata) })),
    );
  }

  // Takes in an assignment and waits for a reason to join again.
  async #assign({ id, assignment }: Exclude<Round, string>): Promise<void> {
    const { listener } = this.#spec;
    this.#id = id;
    this.#displaced = false;
    this.#joining = false;
    this.#pauseMs = firstHeartbeatMs;
    this.#heartbeatLater();
    try {
      await listener.onAssigned(assignment, id.generation);
    } catch (error) {
      listener.onError(StreamError.from(error, 'REBALANCE'));
    }
    while (!this.#joinDue && !this.#hasEnded()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  // What the member had may belong to another one already. It comes back as a new one.
  #lose(): void {
    this.#memberId = '';
    this.#joined = -1;
    if (this.#id.generation >= 0) this.#spec.listener.onLost();
    this.#askToJoin();
  }

  #fail(thrown: unknown): void {
    if (this.#hasEnded()) return;
    const error = StreamError.from(thrown, 'REBALANCE', { reaction: 'rollback' });
    this.#stop(error);
    if (error.code !== 'FENCED') void this.#sayGoodBye().catch(() => undefined); // then its session ends by itself
    this.#spec.listener.onError(error);
  }

  #heartbeatLater(): void {
    const { clock, settings } = this.#context;
    const intervalMs = Math.min(settings.heartbeatIntervalMs, this.#spec.sessionTimeoutMs / 3);
    this.#heartbeat = clock.schedule(Math.min(this.#pauseMs, intervalMs), () => void this.#beat());
    this.#pauseMs = Math.min(2 * this.#pauseMs, intervalMs);
  }

  async #beat(): Promise<void> {
    const { instanceId, sessionTimeoutMs } = this.#spec;
    const asked = this.#id;
    let code: number;
    try {
      code = await this.#requests.heartbeat(asked, instanceId, sessionTimeoutMs / 3);
    } catch (error) {
      if (!StreamError.is(error) || error.code !== 'LOG_UNAVAILABLE') {
        this.#fail(error);
        return;
      }
      code = groupCodes.none; // the next one will tell
    }
    if (this.#hasEnded() || this.#joining || asked !== this.#id) return;
    if (code === groupCodes.unknownMember || code === groupCodes.illegalGeneration) {
      this.#lose();
      return;
    }
    if (code === groupCodes.rebalanceInProgress) this.#askToJoin();
    this.#heartbeatLater();
  }
}

function nextRound(errorCode: number): 'again' | 'lost' {
  return errorCode === groupCodes.unknownMember || errorCode === groupCodes.illegalGeneration ? 'lost' : 'again';
}
