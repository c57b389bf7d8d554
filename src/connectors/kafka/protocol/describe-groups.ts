/** DescribeGroups v1: the state of a group, asked of its coordinator. */
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const describeGroupsApi = { apiKey: 15, version: 1 } as const;

export interface GroupState {
  readonly errorCode: number;
  /** Empty, Dead (there is none), Stable, PreparingRebalance, CompletingRebalance. */
  readonly state: string;
}

export function encodeDescribeGroupsRequest(group: string): Buffer {
  return new RequestWriter().array([group], (name, out) => out.string(name)).finish();
}

export function decodeDescribeGroupsResponse(body: Buffer): GroupState {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  reader.int32(); // one group
  const errorCode = reader.int16();
  reader.string(); // its name
  return { errorCode, state: reader.string() };
}
