/** ListOffsets v5: first, last and by-time offsets of partitions, asked of their leaders. */
import type { TopicPartition } from '../../../core/log.ts';
import { byTopic } from './by-topic.ts';
import type { PartitionError } from './partition-error.ts';
import { RequestWriter } from './request-writer.ts';
import { ResponseReader } from './response-reader.ts';

export const listOffsetsApi = { apiKey: 2, version: 5 } as const;

/** In place of a timestamp. */
export const earliest = -2;
export const latest = -1;

export interface ListedOffset extends PartitionError {
  /** -1: no record is that young. */
  readonly offset: number;
}

/** The latest offset of committed readers is the last stable one, of others the high watermark. */
export function encodeListOffsetsRequest(
  partitions: readonly TopicPartition[],
  timestamp: number,
  isolation: 'committed' | 'uncommitted',
): Buffer {
  return new RequestWriter()
    .int32(-1) // not a replica
    .int8(isolation === 'committed' ? 1 : 0)
    .array(byTopic(partitions), ({ topic, places }, out) => {
      out.string(topic).array(places, ({ partition }) => out.int32(partition).int32(-1).int64(timestamp));
    })
    .finish();
}

export function decodeListOffsetsResponse(body: Buffer): readonly ListedOffset[] {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  return reader
    .array(() => {
      const topic = reader.string();
      return reader.array(() => {
        const partition = reader.int32();
        const errorCode = reader.int16();
        reader.int64(); // timestamp
        const offset = reader.int64();
        reader.int32(); // leader epoch
        return { topic, partition, errorCode, offset };
      });
    })
    .flat();
}
