import { persistence, type KafkaContext } from './kafka-context.ts';
import { persist } from './persist.ts';
import {
  decodeDescribeConfigsResponse,
  describeConfigsApi,
  encodeDescribeConfigsRequest,
} from './protocol/describe-configs.ts';
import { brokerError, brokerFailure } from './protocol/errors.ts';

/**
 * Settings of topics, by topic and key. Nothing is told of topics that do not exist, or whose settings this user may not
 * see: reading and writing them needs no such permission.
 */
export async function topicConfigs(
  context: KafkaContext,
  topics: readonly string[],
  keys: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  if (topics.length === 0) return new Map();
  const { transport } = context;
  const { apiKey, version } = describeConfigsApi;
  const answers = await persist(persistence(context), async () => {
    const node = await transport.controller();
    return decodeDescribeConfigsResponse(
      await transport.send(node, 'control', apiKey, version, encodeDescribeConfigsRequest('topic', topics, keys)),
    );
  });
  const found = new Map<string, ReadonlyMap<string, string>>();
  for (const { name: topic, errorCode, message, configs } of answers) {
    if (errorCode === 0) {
      found.set(topic, configs);
      continue;
    }
    const { code } = brokerError(errorCode);
    if (code === 'TOPIC_UNKNOWN' || code === 'NOT_AUTHORIZED') continue;
    throw brokerFailure(errorCode, 'the look-up of settings', { topic }, message);
  }
  return found;
}
