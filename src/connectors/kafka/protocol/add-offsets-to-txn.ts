/** AddOffsetsToTxn v1: tells the transaction's coordinator that offsets of a group will belong to the transaction. */
import type { ProducerId } from './producer-id.ts';
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const addOffsetsToTxnApi = { apiKey: 25, version: 1 } as const;

export function encodeAddOffsetsToTxnRequest(
  transactionalId: string,
  { producerId, producerEpoch }: ProducerId,
  group: string,
): Buffer {
  return new RequestWriter().string(transactionalId).int64(producerId).int16(producerEpoch).string(group).finish();
}

/** The error code. */
export function decodeAddOffsetsToTxnResponse(body: Buffer): number {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  return reader.int16();
}
