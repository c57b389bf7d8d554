/**
 * TxnOffsetCommit v3: input offsets inside a transaction. The group's coordinator checks member and generation, but only
 * when they are given: a request without them is always accepted, so a member must never leave them out.
 */
import type { MemberId, PartitionOffset } from '../../../core/log.ts';
import { byTopic } from './by-topic.ts';
import type { PartitionError } from './partition-error.ts';
import type { ProducerId } from './producer-id.ts';
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const txnOffsetCommitApi = { apiKey: 28, version: 3, flexible: true } as const;

export function encodeTxnOffsetCommitRequest(
  transactionalId: string,
  { producerId, producerEpoch }: ProducerId,
  { group, generation, memberId }: MemberId,
  offsets: readonly PartitionOffset[],
): Buffer {
  return new RequestWriter()
    .compactString(transactionalId)
    .compactString(group)
    .int64(producerId)
    .int16(producerEpoch)
    .int32(generation)
    .compactString(memberId)
    .compactString(null) // a static member is known by its member id, too
    .compactArray(byTopic(offsets), ({ topic, places }, out) => {
      out
        .compactString(topic)
        .compactArray(places, ({ partition, offset }) => {
          out.int32(partition).int64(offset).int32(-1).compactString('').tags();
        })
        .tags();
    })
    .tags()
    .finish();
}

export function decodeTxnOffsetCommitResponse(body: Buffer): readonly PartitionError[] {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  return reader
    .compactArray(() => {
      const topic = reader.compactString();
      const errors = reader.compactArray(() => {
        const error = { topic, partition: reader.int32(), errorCode: reader.int16() };
        reader.tags();
        return error;
      });
      reader.tags();
      return errors;
    })
    .flat();
}
