/** CreatePartitions v1, asked of the controller. */
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const createPartitionsApi = { apiKey: 37, version: 1 } as const;

/** `count`: partitions that there are to be in all. */
export function encodeCreatePartitionsRequest(topic: string, count: number, timeoutMs: number): Buffer {
  return new RequestWriter()
    .array([topic], (name, out) => {
      out.string(name).int32(count).int32(-1); // brokers choose where
    })
    .int32(timeoutMs)
    .boolean(false) // only check
    .finish();
}

export function decodeCreatePartitionsResponse(body: Buffer): {
  readonly errorCode: number;
  readonly message: string | null;
} {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  reader.int32(); // one topic
  reader.string(); // its name
  return { errorCode: reader.int16(), message: reader.nullableString() };
}
