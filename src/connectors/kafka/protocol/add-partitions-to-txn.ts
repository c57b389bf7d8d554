/** AddPartitionsToTxn v1: tells the transaction's coordinator where records will go, before they go there. */
import type { TopicPartition } from '../../../core/log.ts';
import { byTopic } from './by-topic.ts';
import { decodePartitionErrors } from './partition-error.ts';
import type { ProducerId } from './producer-id.ts';
import { RequestWriter } from './request-writer.ts';

export const addPartitionsToTxnApi = { apiKey: 24, version: 1 } as const;

export function encodeAddPartitionsToTxnRequest(
  transactionalId: string,
  { producerId, producerEpoch }: ProducerId,
  partitions: readonly TopicPartition[],
): Buffer {
  return new RequestWriter()
    .string(transactionalId)
    .int64(producerId)
    .int16(producerEpoch)
    .array(byTopic(partitions), ({ topic, places }, out) => {
      out.string(topic).array(places, ({ partition }) => out.int32(partition));
    })
    .finish();
}

export const decodeAddPartitionsToTxnResponse = decodePartitionErrors;
