import { randomUUID } from 'node:crypto';
import { walkBatches } from '../../core/batch-walker.ts';
import type {
  PartitionBounds,
  PartitionOffset,
  TopicAdmin,
  TopicDescription,
  TopicPartition,
  TopicSpec,
} from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { LogStorage, PartitionStore } from './log-storage.ts';

export interface AdminContext {
  readonly storage: LogStorage;
  partition(place: TopicPartition): PartitionStore;
  committed(group: string, partitions: readonly TopicPartition[]): Promise<readonly (number | undefined)[]>;
  /** Runs alone: no commit is being written meanwhile. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}

/** Topics of a log in this process. */
export class LocalAdmin implements TopicAdmin {
  readonly #context: AdminContext;

  constructor(context: AdminContext) {
    this.#context = context;
  }

  async list(): Promise<readonly TopicDescription[]> {
    return [...this.#context.storage.topics.values()].map(({ description }) => description);
  }

  async describe(names: readonly string[]): Promise<readonly (TopicDescription | undefined)[]> {
    return names.map((name) => this.#context.storage.topics.get(name)?.description);
  }

  create(specs: readonly TopicSpec[]): Promise<void> {
    return this.#context.exclusively(async () => {
      const missing = specs.filter((spec) => !this.#exists(spec));
      if (missing.length > 0) await this.#context.storage.create(missing.map(describe));
    });
  }

  addPartitions(topic: string, count: number): Promise<void> {
    return this.#context.exclusively(async () => {
      const known = this.#context.storage.topics.get(topic)?.description;
      if (known === undefined) throw new StreamError('TOPIC_UNKNOWN', `there is no topic '${topic}'`, { topic });
      if (known.partitions > count) this.#exists({ name: topic, partitions: count }); // fails
      if (known.partitions < count) await this.#context.storage.create([{ ...known, partitions: count }]);
    });
  }

  deleteRecords(before: readonly PartitionOffset[]): Promise<void> {
    return this.#context.exclusively(async () => {
      for (const place of before) {
        const store = this.#context.partition(place);
        if (place.offset > store.end) {
          throw new StreamError('OFFSET_OUT_OF_RANGE', `records end at ${store.end}`, { ...place });
        }
        if (place.offset > store.start) await this.#context.storage.deleteBefore(store, place.offset);
      }
    });
  }

  async bounds(partitions: readonly TopicPartition[]): Promise<readonly PartitionBounds[]> {
    return partitions.map(({ topic, partition }) => {
      const { start, end } = this.#context.partition({ topic, partition });
      return { topic, partition, start, end, stable: end };
    });
  }

  offsetsAt(partitions: readonly TopicPartition[], timestamp: number): Promise<readonly PartitionOffset[]> {
    return Promise.all(partitions.map((place) => this.#offsetAt(place, timestamp)));
  }

  committed(group: string, partitions: readonly TopicPartition[]): Promise<readonly (number | undefined)[]> {
    return this.#context.committed(group, partitions);
  }

  #exists({ name, partitions }: TopicSpec): boolean {
    const known = this.#context.storage.topics.get(name)?.description;
    if (known !== undefined && known.partitions !== partitions) {
      throw new StreamError('TOPIC_MISMATCH', `the topic has ${known.partitions} partitions, not ${partitions}`, {
        topic: name,
        remedy: `Ask for ${known.partitions} partitions, or use another topic.`,
      });
    }
    return known !== undefined;
  }

  async #offsetAt({ topic, partition }: TopicPartition, timestamp: number): Promise<PartitionOffset> {
    const store = this.#context.partition({ topic, partition });
    for (let offset = await store.seek(timestamp); offset < store.end;) {
      const bytes = await store.read(offset, 256 * 1024);
      const { batch, nextOffset } = walkBatches(bytes, { topic, partition, from: offset, checkCrc: false });
      for (let i = 0; i < (batch?.count ?? 0); i++) {
        if (batch!.timestamps[i]! >= timestamp) return { topic, partition, offset: batch!.offsets[i]! };
      }
      offset = nextOffset;
    }
    return { topic, partition, offset: store.end };
  }
}

function describe({ name, partitions, retentionMs, compacted = false, internal = false }: TopicSpec): TopicDescription {
  if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name) || name === '.' || name === '..') {
    throw new StreamError('CONFIG_INVALID', `'${name}' cannot be the name of a topic`, {
      remedy: 'Use letters, digits, dots, dashes and underscores, at most 249.',
    });
  }
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > 10_000) {
    throw new StreamError('CONFIG_INVALID', `${partitions} partitions are not possible`, { topic: name });
  }
  return { name, partitions, id: randomUUID(), retentionMs, compacted, internal };
}
