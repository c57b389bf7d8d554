/** A topic is named by a topology; the log that holds it is injected when the job runs. */
import type { Codec } from './codec.ts';
import type { Key } from './partitioner.ts';
import type { Duration } from './duration.ts';

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

export interface TopicOptions<T> {
  /** Record key of a value written to this topic; decides the partition. Without it records are spread evenly. */
  readonly key?: (value: T) => Key;
  /** Partitions when the topic is created by the job. Default: the runner's. */
  readonly partitions?: number;
  /** Replicas when created on Kafka. Default: the broker's own. */
  readonly replicas?: number;
  readonly retention?: Duration;
  readonly compression?: Compression;
  /** Keep the last record per key instead of all for a time (Kafka's cleanup.policy=compact). */
  readonly compacted?: boolean;
}

export interface Topic<T> {
  readonly name: string;
  readonly codec: Codec<T>;
  readonly options: TopicOptions<T>;
}

/** `topic('assessment-tasks', AssessmentTask, { key: (task) => task.cameraId })` */
export function topic<T>(name: string, codec: Codec<T>, options: TopicOptions<T> = {}): Topic<T> {
  return Object.freeze({ name, codec, options: Object.freeze({ ...options }) });
}
