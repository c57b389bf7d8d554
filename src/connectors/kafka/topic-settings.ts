/**
 * How topics of the port and settings of Kafka's topics say the same.
 *
 * Kafka has nowhere to note that a topic is internal to a job, so its name tells: jobs name their own topics
 * `...-changelog`, `...-repartition` and `...-redrive`.
 */
import type { TopicDescription, TopicSpec } from '../../core/log.ts';
import type { TopicView } from './transport/kafka-transport.ts';

/** Whether a topic holds rows of state. */
export function isChangelog(topic: string): boolean {
  return topic.endsWith('-changelog');
}

/** Settings that a description is made of. */
export const describedConfigs = ['retention.ms', 'cleanup.policy', 'delete.retention.ms'] as const;

/** Small enough that what was compacted or purged leaves the disk soon. */
const internalSegmentBytes = 50 * 1024 * 1024;

/** What a new topic is created with. Whatever is not named here is left to the brokers: min.insync.replicas above all. */
export function configsOf(spec: TopicSpec): ReadonlyMap<string, string> {
  const { retentionMs, compacted = false, compression = 'none', internal = false } = spec;
  const configs = new Map<string, string>();
  if (compacted) configs.set('cleanup.policy', 'compact');
  if (retentionMs !== undefined) configs.set('retention.ms', String(retentionMs));
  if (compression !== 'none') configs.set('compression.type', compression);
  if (internal) {
    configs.set('segment.bytes', String(internalSegmentBytes));
    // Its records are given up when they are no longer needed, not when they are old: event time may be any time.
    if (!compacted && retentionMs === undefined) configs.set('retention.ms', '-1');
    configs.set('message.timestamp.after.max.ms', '9223372036854775807');
  }
  return configs;
}

export function descriptionOf(view: TopicView, configs: ReadonlyMap<string, string> | undefined): TopicDescription {
  const retentionMs = Number(configs?.get('retention.ms') ?? -1);
  return {
    name: view.name,
    partitions: view.partitions.length,
    id: view.id,
    retentionMs: retentionMs < 0 ? undefined : retentionMs,
    compacted: configs?.get('cleanup.policy')?.split(',').includes('compact') ?? false,
    deletionsKeptMs: numberOf(configs?.get('delete.retention.ms')),
    internal: view.internal || /-(changelog|repartition|redrive)$/.test(view.name),
  };
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined || text === '' ? undefined : Number(text);
}
