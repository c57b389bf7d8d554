import type { TopicPartition } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import { CoordinatorClient } from './coordinator-client.ts';
import { persistence, type KafkaContext } from './kafka-context.ts';
import { persist, type Persistence } from './persist.ts';
import { brokerFailure } from './protocol/errors.ts';
import { decodeOffsetFetchResponse, encodeOffsetFetchRequest, offsetFetchApi } from './protocol/offset-fetch.ts';
import type { KafkaTransport } from './transport/kafka-transport.ts';

/**
 * Offsets that a group has committed, in the order asked. With `stable` it waits while an open transaction may still
 * change them. Fails with TOPIC_UNKNOWN where there is no such partition.
 */
export async function committedOffsets(
  context: KafkaContext,
  group: string,
  partitions: readonly TopicPartition[],
  { stable, how = persistence(context) }: { readonly stable: boolean; readonly how?: Persistence },
): Promise<readonly (number | undefined)[]> {
  if (partitions.length === 0) return [];
  await persist(how, () => checkExistence(context.transport, partitions));
  const { offsets } = await new CoordinatorClient(context, 'group', group).call(
    {
      what: 'look-up of committed offsets',
      api: offsetFetchApi,
      slot: 'control',
      body: encodeOffsetFetchRequest(group, partitions, stable),
      decode: decodeOffsetFetchResponse,
      complaint: ({ errorCode, offsets: each }) =>
        errorCode === 0 ? each.find((offset) => offset.errorCode !== 0) : { errorCode },
    },
    how,
  );
  const found = new Map(offsets.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]));
  return partitions.map(({ topic, partition }) => {
    const offset = found.get(`${topic}/${partition}`) ?? -1;
    return offset < 0 ? undefined : offset;
  });
}

// The coordinator answers "none" for partitions that do not exist.
async function checkExistence(transport: KafkaTransport, partitions: readonly TopicPartition[]): Promise<void> {
  const { topics } = await transport.metadata([...new Set(partitions.map(({ topic }) => topic))]);
  const views = new Map(topics.map((view) => [view.name, view]));
  for (const { topic, partition } of partitions) {
    const view = views.get(topic);
    if (view !== undefined && view.error !== 0) {
      throw brokerFailure(view.error, 'describing the topic', { topic, partition });
    }
    if (view === undefined || partition < 0 || partition >= view.partitions.length) {
      throw new StreamError('TOPIC_UNKNOWN', `there is no partition ${partition} of topic '${topic}'`, {
        topic,
        partition,
        remedy: 'Create it first, or check its name.',
      });
    }
  }
}
