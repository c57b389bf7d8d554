import type { TopicPartition } from '../../core/log.ts';

/** `orders-3`: for keys of maps, messages and files. */
export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}-${String(partition)}`;
}
