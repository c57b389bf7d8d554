/**
 * InitProducerId v1: opens a transactional id. The former holder is fenced and what it left open is aborted. Without an id:
 * a producer of its own.
 */
import type { ProducerId } from './producer-id.ts';
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const initProducerIdApi = { apiKey: 22, version: 1 } as const;

export function encodeInitProducerIdRequest(transactionalId: string | null, transactionTimeoutMs: number): Buffer {
  return new RequestWriter().string(transactionalId).int32(transactionTimeoutMs).finish();
}

export function decodeInitProducerIdResponse(body: Buffer): ProducerId & { readonly errorCode: number } {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  return { errorCode: reader.int16(), producerId: reader.int64(), producerEpoch: reader.int16() };
}
