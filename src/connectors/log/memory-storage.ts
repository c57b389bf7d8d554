import type { TopicDescription } from '../../core/log.ts';
import type { Clock } from '../../core/clock.ts';
import type { Store } from '../../core/store.ts';
import type { LogStorage, LogWrite, StoredTopic } from './log-storage.ts';
import { MemoryPartition } from './memory-partition.ts';

/** How often a commit looks for batches to drop, ms. */
const retentionEveryMs = 60_000;

/** Topics in memory. With a store a commit's rows are written to it; records are visible only after that succeeded. */
export class MemoryStorage implements LogStorage {
  readonly kind = 'memory';
  readonly storesRows: boolean;
  readonly topics = new Map<string, StoredTopic & { readonly partitions: readonly MemoryPartition[] }>();
  readonly offsets = [];
  readonly #store: Store | undefined;
  readonly #clock: Clock;
  #retentionAt: number;

  constructor(store: Store | undefined, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#retentionAt = clock.monotonic();
    this.storesRows = store !== undefined;
  }

  async create(descriptions: readonly TopicDescription[]): Promise<void> {
    for (const description of descriptions) {
      const { name } = description;
      const there = this.topics.get(name)?.partitions ?? [];
      const partitions = Array.from(
        { length: description.partitions },
        (_, i) => there[i] ?? new MemoryPartition(name, i),
      );
      this.topics.set(name, { description, partitions });
    }
  }

  async write({ outputs, rows }: LogWrite): Promise<void> {
    if (rows.length > 0) await this.#store?.write(rows);
    this.#retain();
    const now = this.#clock.now();
    for (const [{ topic, partition }, batches] of outputs) {
      for (const bytes of batches) this.#partition(topic, partition).append(bytes, now);
    }
  }

  async deleteBefore({ topic, partition }: { topic: string; partition: number }, offset: number): Promise<void> {
    this.#partition(topic, partition).deleteBefore(offset);
  }

  async close(): Promise<void> {
    this.topics.clear();
  }

  #retain(): void {
    if (this.#clock.monotonic() - this.#retentionAt < retentionEveryMs) return;
    this.#retentionAt = this.#clock.monotonic();
    for (const { description, partitions } of this.topics.values()) {
      if (description.compacted || description.retentionMs === undefined) continue;
      const since = this.#clock.now() - description.retentionMs;
      for (const partition of partitions) {
        const start = partition.retained(since);
        if (start > partition.start) partition.deleteBefore(start);
      }
    }
  }

  #partition(topic: string, partition: number): MemoryPartition {
    return this.topics.get(topic)!.partitions[partition]!;
  }
}
