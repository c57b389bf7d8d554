/**
 * Settings of single topics, for what a topology leaves to the cluster it runs on:
 *
 *   topics:
 *     detection-results: { replicas: 3, partitions: 32 }
 */
import { z } from 'zod';
import type { TopicOverrides } from '../../job/options.ts';
import { duration } from './setting.ts';

export const topicSettings: z.ZodType<TopicOverrides> = z.strictObject({
  partitions: z.int().min(1).optional(),
  replicas: z.int().min(1).optional(),
  retention: duration.optional(),
  compression: z.enum(['none', 'gzip', 'snappy', 'lz4', 'zstd']).optional(),
  encoding: z.enum(['json', 'avro']).optional(),
});
