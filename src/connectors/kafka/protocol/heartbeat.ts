/** Heartbeat v3: a member lives; the answer tells it about rebalances. */
import type { MemberId } from '../../../core/log.ts';
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const heartbeatApi = { apiKey: 12, version: 3 } as const;

export function encodeHeartbeatRequest(
  { group, generation, memberId }: MemberId,
  instanceId: string | undefined,
): Buffer {
  return new RequestWriter()
    .string(group)
    .int32(generation)
    .string(memberId)
    .string(instanceId ?? null)
    .finish();
}

/** The error code. */
export function decodeHeartbeatResponse(body: Buffer): number {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  return reader.int16();
}
