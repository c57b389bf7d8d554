/** ApiVersions v0: what a broker speaks. The only request that is answered before authentication. */
import { ResponseReader } from './response-reader.ts';

export const apiVersionsApi = { apiKey: 18, version: 0 } as const;

export interface VersionRange {
  readonly minVersion: number;
  readonly maxVersion: number;
}

export interface ApiVersionsResponse {
  readonly errorCode: number;
  /** By api key. */
  readonly versions: Readonly<Record<number, VersionRange>>;
}

export function encodeApiVersionsRequest(): Buffer {
  return Buffer.alloc(0);
}

export function decodeApiVersionsResponse(body: Buffer): ApiVersionsResponse {
  const reader = new ResponseReader(body);
  const errorCode = reader.int16();
  const ranges = reader.array((each) => [
    each.int16(),
    { minVersion: each.int16(), maxVersion: each.int16() },
  ]) as readonly [number, VersionRange][];
  return { errorCode, versions: Object.fromEntries(ranges) };
}
