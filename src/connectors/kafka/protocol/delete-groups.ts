/** DeleteGroups v1: a group without members, and its offsets, asked of its coordinator. */
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const deleteGroupsApi = { apiKey: 42, version: 1 } as const;

export function encodeDeleteGroupsRequest(group: string): Buffer {
  return new RequestWriter().array([group], (name, out) => out.string(name)).finish();
}

export function decodeDeleteGroupsResponse(body: Buffer): { readonly errorCode: number } {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  reader.int32(); // one group
  reader.string(); // its name
  return { errorCode: reader.int16() };
}
