/** LeaveGroup v3, for a single member. */
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const leaveGroupApi = { apiKey: 13, version: 3 } as const;

export function encodeLeaveGroupRequest(group: string, memberId: string, instanceId: string | undefined): Buffer {
  return new RequestWriter()
    .string(group)
    .array([memberId], (id, out) => out.string(id).string(instanceId ?? null))
    .finish();
}

/** The error code, of the request or of the member. */
export function decodeLeaveGroupResponse(body: Buffer): number {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  const errorCode = reader.int16();
  const members = reader.array(() => {
    reader.string(); // member id
    reader.nullableString(); // instance id
    return reader.int16();
  });
  return errorCode === 0 ? (members[0] ?? 0) : errorCode;
}
