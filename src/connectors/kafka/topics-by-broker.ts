import type { KafkaContext } from './kafka-context.ts';
import { decodeMetadataResponse, encodeMetadataRequest, metadataApi } from './protocol/metadata.ts';
import type { TopicView } from './transport/kafka-transport.ts';

/** What each broker knows of these topics: they hear of changes one after the other. */
export async function topicsByBroker(
  { transport }: Pick<KafkaContext, 'transport'>,
  names: readonly string[],
): Promise<readonly { readonly node: number; readonly topics: readonly TopicView[] }[]> {
  const { brokers } = await transport.metadata([]);
  const { apiKey, version, flexible } = metadataApi;
  return await Promise.all(
    brokers.map(async ({ node }) => {
      const body = await transport.send(node, 'control', apiKey, version, encodeMetadataRequest(names), { flexible });
      return { node, topics: decodeMetadataResponse(body).topics };
    }),
  );
}
