/** OffsetCommit v7: input offsets outside of a transaction. Member and generation are checked where they are given. */
import type { MemberId, PartitionOffset } from '../../../core/log.ts';
import { byTopic } from './by-topic.ts';
import { decodePartitionErrors } from './partition-error.ts';
import { RequestWriter } from './request-writer.ts';

export const offsetCommitApi = { apiKey: 8, version: 7 } as const;

export function encodeOffsetCommitRequest(
  { group, generation, memberId }: MemberId,
  offsets: readonly PartitionOffset[],
): Buffer {
  return new RequestWriter()
    .string(group)
    .int32(generation)
    .string(memberId)
    .string(null) // a static member is known by its member id, too
    .array(byTopic(offsets), ({ topic, places }, out) => {
      out.string(topic).array(places, ({ partition, offset }) => {
        out.int32(partition).int64(offset).int32(-1).string('');
      });
    })
    .finish();
}

export const decodeOffsetCommitResponse = decodePartitionErrors;
