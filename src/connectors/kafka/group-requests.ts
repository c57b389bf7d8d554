/**
 * The requests of one group member. A join is answered when all members have joined, so a member has a connection of its
 * own (`slot`), and says good-bye on another one.
 */
import type { MemberId } from '../../core/log.ts';
import { CoordinatorClient } from './coordinator-client.ts';
import { persistence, type KafkaContext } from './kafka-context.ts';
import { decodeHeartbeatResponse, encodeHeartbeatRequest, heartbeatApi } from './protocol/heartbeat.ts';
import {
  decodeJoinGroupResponse,
  encodeJoinGroupRequest,
  joinGroupApi,
  type JoinGroupRequest,
  type JoinGroupResponse,
} from './protocol/join-group.ts';
import { decodeLeaveGroupResponse, encodeLeaveGroupRequest, leaveGroupApi } from './protocol/leave-group.ts';
import {
  decodeSyncGroupResponse,
  encodeSyncGroupRequest,
  syncGroupApi,
  type SyncGroupRequest,
} from './protocol/sync-group.ts';
import type { Slot } from './transport/kafka-transport.ts';

/** Answers that are part of the protocol; everything else fails. */
export const groupCodes = {
  none: 0,
  illegalGeneration: 22,
  unknownMember: 25,
  rebalanceInProgress: 27,
  memberIdRequired: 79,
} as const;

const expected: ReadonlySet<number> = new Set(Object.values(groupCodes));

/** A round may take as long as its slowest member; the answer may then take a moment. */
const graceMs = 5_000;

export class GroupRequests {
  readonly #context: KafkaContext;
  readonly #coordinator: CoordinatorClient;
  readonly #slot: Slot;
  readonly #signal: AbortSignal;

  /** Aborting the signal ends whatever waits, but not the leaving. */
  constructor(context: KafkaContext, group: string, slot: Slot, signal: AbortSignal) {
    this.#context = context;
    this.#coordinator = new CoordinatorClient(context, 'group', group);
    this.#slot = slot;
    this.#signal = signal;
  }

  join(request: JoinGroupRequest): Promise<JoinGroupResponse> {
    return this.#coordinator.call(
      {
        what: 'joining of a group',
        api: joinGroupApi,
        slot: this.#slot,
        body: encodeJoinGroupRequest(request),
        decode: decodeJoinGroupResponse,
        complaint: unexpected,
        timeoutMs: request.rebalanceTimeoutMs + graceMs,
      },
      { ...persistence(this.#context), signal: this.#signal },
    );
  }

  /** Answered when the leader has decided; should it die before that, when its session is over, or the time for the round. */
  sync(
    request: SyncGroupRequest,
    sessionTimeoutMs: number,
  ): Promise<{ readonly errorCode: number; readonly assignment: Buffer }> {
    return this.#coordinator.call(
      {
        what: 'fetching of an assignment',
        api: syncGroupApi,
        slot: this.#slot,
        body: encodeSyncGroupRequest(request),
        decode: decodeSyncGroupResponse,
        complaint: unexpected,
        timeoutMs: Math.max(sessionTimeoutMs, this.#context.settings.rebalanceTimeoutMs) + graceMs,
      },
      { ...persistence(this.#context), signal: this.#signal },
    );
  }

  /** One try: the next heartbeat is the second one. `slot`: another one is answered also while a join waits. */
  heartbeat(member: MemberId, instanceId: string | undefined, timeoutMs: number, slot = this.#slot): Promise<number> {
    return this.#coordinator.call(
      {
        what: 'heartbeat',
        api: heartbeatApi,
        slot,
        body: encodeHeartbeatRequest(member, instanceId),
        decode: decodeHeartbeatResponse,
        complaint: (errorCode) => unexpected({ errorCode }),
        timeoutMs,
      },
      { ...persistence(this.#context), budgetMs: 0, signal: this.#signal },
    );
  }

  async leave(group: string, memberId: string, instanceId: string | undefined): Promise<void> {
    await this.#coordinator.call(
      {
        what: 'leaving of a group',
        api: leaveGroupApi,
        slot: 'control',
        body: encodeLeaveGroupRequest(group, [{ memberId, instanceId }]),
        decode: decodeLeaveGroupResponse,
        complaint: (errorCode) => unexpected({ errorCode }),
      },
      { ...persistence(this.#context), budgetMs: graceMs },
    );
  }
}

function unexpected({ errorCode }: { readonly errorCode: number }): { readonly errorCode: number } | undefined {
  return expected.has(errorCode) ? undefined : { errorCode };
}
