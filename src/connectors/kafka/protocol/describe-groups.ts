/** DescribeGroups v4: the state of a group and who is in it, asked of its coordinator. */
import type { GroupMemberView } from '../../../core/log.ts';
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const describeGroupsApi = { apiKey: 15, version: 4 } as const;

export interface GroupState {
  readonly errorCode: number;
  /** Empty, Dead (there is none), Stable, PreparingRebalance, CompletingRebalance. */
  readonly state: string;
  readonly members: readonly GroupMemberView[];
}

export function encodeDescribeGroupsRequest(group: string): Buffer {
  return new RequestWriter()
    .array([group], (name, out) => out.string(name))
    .boolean(false) // what we may do with it
    .finish();
}

export function decodeDescribeGroupsResponse(body: Buffer): GroupState {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  reader.int32(); // one group
  const errorCode = reader.int16();
  reader.string(); // its name
  const state = reader.string();
  reader.string(); // protocol type
  reader.string(); // protocol
  const members = reader.array(() => {
    const memberId = reader.string();
    const instanceId = reader.nullableString() ?? undefined;
    reader.string(); // client id
    const host = reader.string();
    reader.bytes(); // metadata
    reader.bytes(); // assignment
    return { memberId, instanceId, host };
  });
  return { errorCode, state, members };
}
