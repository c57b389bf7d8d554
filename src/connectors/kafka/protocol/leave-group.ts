/** LeaveGroup v1. */
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const leaveGroupApi = { apiKey: 13, version: 1 } as const;

export function encodeLeaveGroupRequest(group: string, memberId: string): Buffer {
  return new RequestWriter().string(group).string(memberId).finish();
}

/** The error code. */
export function decodeLeaveGroupResponse(body: Buffer): number {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  return reader.int16();
}
