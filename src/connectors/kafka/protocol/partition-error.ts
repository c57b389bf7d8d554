import type { TopicPartition } from '../../../core/log.ts';

/** What a response says about one partition; 0: it went well. */
export interface PartitionError extends TopicPartition {
  readonly errorCode: number;
}
