/** The simulated log as a whole: what all hosts share, and what no crash of a host destroys. */
import type { TopicDescription, TopicPartition, TopicSpec } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import { SimGroups } from './sim-groups.ts';
import { SimPartition, type StoredRecord } from './sim-partition.ts';
import type { SimDisk } from './sim-disk.ts';
import { SimTransactions } from './sim-transactions.ts';
import type { Scheduler } from './scheduler.ts';

export interface SimClusterOptions {
  readonly scheduler: Scheduler;
  /** Typical time until a transaction marker lands, milliseconds. Default 5. */
  readonly markerMs?: number;
  /**
   * A disk makes it embedded-shaped: commits are atomic with the state rows written to it. Without one it is
   * Kafka-shaped: transactions in steps, late markers, rows ignored.
   */
  readonly disk?: SimDisk | undefined;
}

interface SimTopic {
  readonly description: TopicDescription;
  readonly partitions: readonly SimPartition[];
}

export class SimCluster {
  readonly scheduler: Scheduler;
  readonly groups: SimGroups;
  readonly transactions: SimTransactions;
  readonly disk: SimDisk | undefined;
  readonly #topics = new Map<string, SimTopic>();
  #made = 0;

  constructor(options: SimClusterOptions) {
    this.scheduler = options.scheduler;
    this.disk = options.disk;
    this.groups = new SimGroups(options.scheduler);
    this.transactions = new SimTransactions(options.scheduler, this.groups, options.markerMs ?? 5);
  }

  get topics(): readonly TopicDescription[] {
    return [...this.#topics.values()].map(({ description }) => description);
  }

  describe(name: string): TopicDescription | undefined {
    return this.#topics.get(name)?.description;
  }

  create(spec: TopicSpec): void {
    const existing = this.#topics.get(spec.name)?.description;
    if (existing !== undefined) {
      if (existing.partitions === spec.partitions) return;
      const reason = `the topic has ${existing.partitions} partitions, not ${spec.partitions}`;
      throw new StreamError('TOPIC_MISMATCH', reason, { topic: spec.name });
    }
    const description: TopicDescription = {
      name: spec.name,
      partitions: spec.partitions,
      id: `${spec.name}#${++this.#made}`,
      retentionMs: spec.retentionMs,
      compacted: spec.compacted ?? false,
      internal: spec.internal ?? false,
    };
    const partitions = Array.from({ length: spec.partitions }, (_, i) => new SimPartition(spec.name, i));
    this.#topics.set(spec.name, { description, partitions });
  }

  partition({ topic, partition }: TopicPartition): SimPartition {
    const found = this.#topics.get(topic)?.partitions[partition];
    if (found === undefined) throw new StreamError('TOPIC_UNKNOWN', 'no such topic or partition', { topic, partition });
    return found;
  }

  /** Committed records of a topic, partition by partition. */
  committed(topic: string): readonly (readonly StoredRecord[])[] {
    return (this.#topics.get(topic)?.partitions ?? []).map((partition) => partition.committed());
  }

  /** Changes whenever more of a topic can be read. */
  readableEnd(topic: string): number {
    let sum = 0;
    for (const partition of this.#topics.get(topic)?.partitions ?? []) sum += partition.stable;
    return sum;
  }
}
