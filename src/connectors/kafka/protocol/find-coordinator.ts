/** FindCoordinator v2: which node coordinates a group or a transactional id. */
import type { CoordinatorType } from '../transport/kafka-transport.ts';
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const findCoordinatorApi = { apiKey: 10, version: 2 } as const;

export interface FoundCoordinator {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly node: number;
}

export function encodeFindCoordinatorRequest(type: CoordinatorType, key: string): Buffer {
  return new RequestWriter()
    .string(key)
    .int8(type === 'group' ? 0 : 1)
    .finish();
}

export function decodeFindCoordinatorResponse(body: Buffer): FoundCoordinator {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  return { errorCode: reader.int16(), errorMessage: reader.nullableString(), node: reader.int32() };
}
