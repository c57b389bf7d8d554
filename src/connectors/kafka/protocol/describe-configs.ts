/** DescribeConfigs v2, of topics or of the broker that is asked. */
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const describeConfigsApi = { apiKey: 32, version: 2 } as const;

const resources = { topic: 2, broker: 4 } as const;

export interface DescribedConfigs {
  /** Of the topic, or the broker's number. */
  readonly name: string;
  readonly errorCode: number;
  readonly message: string | null;
  readonly configs: ReadonlyMap<string, string>;
}

export function encodeDescribeConfigsRequest(
  resource: keyof typeof resources,
  names: readonly string[],
  keys: readonly string[],
): Buffer {
  return new RequestWriter()
    .array(names, (name, out) => {
      out
        .int8(resources[resource])
        .string(name)
        .array(keys, (key) => out.string(key));
    })
    .boolean(false) // where values come from
    .finish();
}

export function decodeDescribeConfigsResponse(body: Buffer): readonly DescribedConfigs[] {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  return reader.array(() => {
    const errorCode = reader.int16();
    const message = reader.nullableString();
    reader.int8(); // resource type
    const name = reader.string();
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
    return { name, errorCode, message, configs: new Map(configs) };
  });
}
