/** JoinGroup v5: enters a group or its next round. Answered when the round's members are known, which may take long. */
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const joinGroupApi = { apiKey: 11, version: 5 } as const;

export interface JoinGroupRequest {
  readonly group: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  /** Empty: not known yet. */
  readonly memberId: string;
  readonly instanceId: string | undefined;
  readonly protocolType: string;
  readonly protocol: string;
  readonly metadata: Uint8Array;
}

export interface JoinGroupResponse {
  readonly errorCode: number;
  readonly generation: number;
  readonly leader: string;
  readonly memberId: string;
  /** Filled for the leader only. */
  readonly members: readonly { readonly memberId: string; readonly metadata: Buffer }[];
}

export function encodeJoinGroupRequest(request: JoinGroupRequest): Buffer {
  return new RequestWriter()
    .string(request.group)
    .int32(request.sessionTimeoutMs)
    .int32(request.rebalanceTimeoutMs)
    .string(request.memberId)
    .string(request.instanceId ?? null)
    .string(request.protocolType)
    .array([request], ({ protocol, metadata }, out) => out.string(protocol).bytes(metadata))
    .finish();
}

export function decodeJoinGroupResponse(body: Buffer): JoinGroupResponse {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  const errorCode = reader.int16();
  const generation = reader.int32();
  reader.nullableString(); // the protocol chosen: there is one
  const leader = reader.string();
  const memberId = reader.string();
  const members = reader.array(() => {
    const id = reader.string();
    reader.nullableString(); // instance id
    return { memberId: id, metadata: reader.bytes() };
  });
  return { errorCode, generation, leader, memberId, members };
}
