/** EndTxn v1: commits or aborts. Repeating it with the same outcome is harmless once its markers are written. */
import type { ProducerId } from './producer-id.ts';
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const endTxnApi = { apiKey: 26, version: 1 } as const;

export function encodeEndTxnRequest(
  transactionalId: string,
  { producerId, producerEpoch }: ProducerId,
  commit: boolean,
): Buffer {
  return new RequestWriter().string(transactionalId).int64(producerId).int16(producerEpoch).boolean(commit).finish();
}

/** The error code. */
export function decodeEndTxnResponse(body: Buffer): number {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  return reader.int16();
}
