/** DeleteTopics v3, asked of the controller. */
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const deleteTopicsApi = { apiKey: 20, version: 3 } as const;

export function encodeDeleteTopicsRequest(topics: readonly string[], timeoutMs: number): Buffer {
  return new RequestWriter()
    .array(topics, (topic, out) => out.string(topic))
    .int32(timeoutMs)
    .finish();
}

export function decodeDeleteTopicsResponse(
  body: Buffer,
): readonly { readonly topic: string; readonly errorCode: number }[] {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  return reader.array(() => ({ topic: reader.string(), errorCode: reader.int16() }));
}
