/** OffsetCommit v7: input offsets outside of a transaction. Member and generation are checked where they are given. */
import type { MemberId, PartitionOffset } from '../../../core/log.ts';
import { byTopic } from './by-topic.ts';
import type { PartitionError } from './partition-error.ts';
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

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

export function decodeOffsetCommitResponse(body: Buffer): readonly PartitionError[] {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  return reader
    .array(() => {
      const topic = reader.string();
      return reader.array(() => ({ topic, partition: reader.int32(), errorCode: reader.int16() }));
    })
    .flat();
}
