/** SyncGroup v3: the leader hands in the assignments of a round, everybody gets its own. */
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const syncGroupApi = { apiKey: 14, version: 3 } as const;

export interface SyncGroupRequest {
  readonly group: string;
  readonly generation: number;
  readonly memberId: string;
  readonly instanceId: string | undefined;
  /** By member id; empty for followers. */
  readonly assignments: ReadonlyMap<string, Uint8Array>;
}

export function encodeSyncGroupRequest(request: SyncGroupRequest): Buffer {
  return new RequestWriter()
    .string(request.group)
    .int32(request.generation)
    .string(request.memberId)
    .string(request.instanceId ?? null)
    .array([...request.assignments], ([memberId, assignment], out) => out.string(memberId).bytes(assignment))
    .finish();
}

export function decodeSyncGroupResponse(body: Buffer): { readonly errorCode: number; readonly assignment: Buffer } {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  return { errorCode: reader.int16(), assignment: reader.nullableBytes() ?? Buffer.alloc(0) };
}
