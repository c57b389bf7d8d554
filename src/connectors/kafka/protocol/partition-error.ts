import type { TopicPartition } from '../../../core/log.ts';
import { ResponseReader } from './response-reader.ts';

/** What a response says about one partition; 0: it went well. */
export interface PartitionError extends TopicPartition {
  readonly errorCode: number;
}

/** A response that holds nothing but these, by topic, behind the throttle time. */
export function decodePartitionErrors(body: Buffer): readonly PartitionError[] {
  const reader = new ResponseReader(body);
  reader.int32(); // throttle time
  return reader
    .array(() => {
      const topic = reader.string();
      return reader.array(() => ({ topic, partition: reader.int32(), errorCode: reader.int16() }));
    })
    .flat();
}
