import type { TopicSpec } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import { persistence, type KafkaContext } from './kafka-context.ts';
import { persist } from './persist.ts';
import { createTopicsApi, decodeCreateTopicsResponse, encodeCreateTopicsRequest } from './protocol/create-topics.ts';
import { brokerError, brokerFailure } from './protocol/errors.ts';
import { configsOf } from './topic-settings.ts';
import { topicsByBroker } from './topics-by-broker.ts';

const alreadyExists = 36;
const notController = 41;

/** Creates topics; those that exist already are left as they are. Resolves when every broker knows all of them. */
export async function createTopics(context: KafkaContext, specs: readonly TopicSpec[]): Promise<void> {
  const how = persistence(context);
  const left = new Map(specs.map((spec) => [spec.name, spec]));
  await persist(how, () => askController(context, left));
  await persist(how, () => checkKnown(context, specs));
}

async function askController(context: KafkaContext, left: Map<string, TopicSpec>): Promise<void> {
  const { transport, settings } = context;
  const topics = [...left.values()].map((spec) => ({
    name: spec.name,
    partitions: spec.partitions,
    replicas: spec.replicas ?? -1,
    configs: configsOf(spec),
  }));
  const { apiKey, version } = createTopicsApi;
  const body = encodeCreateTopicsRequest(topics, settings.requestTimeoutMs);
  const node = await transport.controller();
  const answers = decodeCreateTopicsResponse(await transport.send(node, 'control', apiKey, version, body));
  const failures: StreamError[] = [];
  for (const { topic, errorCode, message } of answers) {
    if (errorCode === notController) transport.invalidate({ controller: true });
    if (errorCode === 0 || errorCode === alreadyExists) left.delete(topic);
    else failures.push(brokerFailure(errorCode, 'creating the topic', { topic }, message));
  }
  const failure = failures.find(({ code }) => code !== 'LOG_UNAVAILABLE') ?? failures[0];
  if (failure !== undefined) throw failure;
}

// A broker that has not heard of a new topic would call it unknown.
async function checkKnown(context: KafkaContext, specs: readonly TopicSpec[]): Promise<void> {
  const names = specs.map(({ name }) => name);
  for (const { node, topics } of await topicsByBroker(context, names)) {
    for (const { name, error, partitions } of topics) {
      const missing =
        error === 0 ? partitions.some(({ leader }) => leader < 0) : brokerError(error).code === 'TOPIC_UNKNOWN';
      if (missing) {
        throw new StreamError('LOG_UNAVAILABLE', `broker ${node} does not know the new topic yet`, { topic: name });
      }
    }
  }
}
