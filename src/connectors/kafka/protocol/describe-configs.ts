/** DescribeConfigs v2, of topics. */
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const describeConfigsApi = { apiKey: 32, version: 2 } as const;

const topicResource = 2;

export interface TopicConfigs {
  readonly topic: string;
  readonly errorCode: number;
  readonly message: string | null;
  readonly configs: ReadonlyMap<string, string>;
}

export function encodeDescribeConfigsRequest(topics: readonly string[], keys: readonly string[]): Buffer {
  return new RequestWriter()
    .array(topics, (topic, out) => {
      out
        .int8(topicResource)
        .string(topic)
        .array(keys, (key) => out.string(key));
    })
    .boolean(false) // where values come from
    .finish();
}

export function decodeDescribeConfigsResponse(body: Buffer): readonly TopicConfigs[] {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  return reader.array(() => {
    const errorCode = reader.int16();
    const message = reader.nullableString();
    reader.int8(); // resource type
    const topic = reader.string();
    const configs = reader.array(() => {
      const key = reader.string();
      const value = reader.nullableString();
      reader.boolean(); // read only
      reader.int8(); // source
      reader.boolean(); // sensitive
      reader.array(() => {
        reader.string();
        reader.nullableString();
        return reader.int8();
      }); // synonyms
      return [key, value ?? ''] as const;
    });
    return { topic, errorCode, message, configs: new Map(configs) };
  });
}
