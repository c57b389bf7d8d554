/** OffsetFetch v7: a group's committed offsets; with `requireStable` refused while a transaction may still change them. */
import type { TopicPartition } from '../../../core/log.ts';
import { byTopic } from './by-topic.ts';
import type { PartitionError } from './partition-error.ts';
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const offsetFetchApi = { apiKey: 9, version: 7, flexible: true } as const;

export interface CommittedOffset extends PartitionError {
  /** -1: none. */
  readonly offset: number;
}

export interface OffsetFetchResponse {
  readonly errorCode: number;
  readonly offsets: readonly CommittedOffset[];
}

export function encodeOffsetFetchRequest(
  group: string,
  partitions: readonly TopicPartition[],
  requireStable: boolean,
): Buffer {
  return new RequestWriter()
    .compactString(group)
    .compactArray(byTopic(partitions), ({ topic, places }, out) => {
      out
        .compactString(topic)
        .compactArray(places, ({ partition }) => out.int32(partition))
        .tags();
    })
    .boolean(requireStable)
    .tags()
    .finish();
}

export function decodeOffsetFetchResponse(body: Buffer): OffsetFetchResponse {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  const offsets = reader
    .compactArray(() => {
      const topic = reader.compactString();
      const partitions = reader.compactArray(() => {
        const partition = reader.int32();
        const offset = reader.int64();
        reader.int32(); // leader epoch
        reader.compactNullableString(); // metadata
        const errorCode = reader.int16();
        reader.tags();
        return { topic, partition, offset, errorCode };
      });
      reader.tags();
      return partitions;
    })
    .flat();
  return { offsets, errorCode: reader.int16() };
}
