/** LeaveGroup v3: members leave, or are made to. */
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const leaveGroupApi = { apiKey: 13, version: 3 } as const;

export interface LeavingMember {
  /** May be empty where the instance says it. */
  readonly memberId: string;
  readonly instanceId?: string | undefined;
}

export function encodeLeaveGroupRequest(group: string, members: readonly LeavingMember[]): Buffer {
  return new RequestWriter()
    .string(group)
    .array(members, ({ memberId, instanceId }, out) => out.string(memberId).string(instanceId ?? null))
    .finish();
}

/** The error code, of the request or else the first of a member. */
export function decodeLeaveGroupResponse(body: Buffer): number {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  const errorCode = reader.int16();
  const members = reader.array(() => {
    reader.string(); // member id
    reader.nullableString(); // instance id
    return reader.int16();
  });
  return errorCode === 0 ? (members.find((code) => code !== 0) ?? 0) : errorCode;
}
