/** CreateTopics v4, asked of the controller. */
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const createTopicsApi = { apiKey: 19, version: 4 } as const;

export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  /** -1: as many as the brokers are set to. */
  readonly replicas: number;
  readonly configs: ReadonlyMap<string, string>;
}

export interface TopicAnswer {
  readonly topic: string;
  readonly errorCode: number;
  readonly message: string | null;
}

export function encodeCreateTopicsRequest(topics: readonly NewTopic[], timeoutMs: number): Buffer {
  return new RequestWriter()
    .array(topics, ({ name, partitions, replicas, configs }, out) => {
      out
        .string(name)
        .int32(partitions)
        .int16(replicas)
        .array([], () => undefined) // which broker gets which replica
        .array([...configs], ([key, value]) => out.string(key).string(value));
    })
    .int32(timeoutMs)
    .boolean(false) // only check
    .finish();
}

export function decodeCreateTopicsResponse(body: Buffer): readonly TopicAnswer[] {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  return reader.array(() => ({
    topic: reader.string(),
    errorCode: reader.int16(),
    message: reader.nullableString(),
  }));
}
