/**
 * The storage of the embedded log: `<folder>/log/<topic>-<partition>/<base offset>.segment`, and rows in the store that
 * say how much of each file is committed. The order of a commit is the law:
 *
 *   1. bytes go behind the committed end of the segment files   (power: and to the disk)
 *   2. one store.write: state rows + ends + group offsets       (power: synced)      <- this is the commit
 *   3. ends move in memory; readers see the records
 *
 * A failure before 2 leaves bytes that the next commit overwrites, or the next start cuts away.
 */
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { ByteWriter } from '../../core/byte-writer.ts';
import type { Clock } from '../../core/clock.ts';
import type { TopicDescription } from '../../core/log.ts';
import { RowBatch } from '../../core/row-batch.ts';
import type { Store } from '../../core/store.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { LogStorage, LogWrite, PartitionStore, StoredOffset } from '../log/log-storage.ts';
import { partitionName } from '../log/partition-name.ts';
import type { FileHandles } from './file-handles.ts';
import type { FolderLock } from './folder-lock.ts';
import { ioError } from './io-error.ts';
import { counterKey, offsetKey, partitionKey, putJson, topicKey } from './log-rows.ts';
import { SegmentedPartition } from './segmented-partition.ts';

export interface SegmentedTopic {
  readonly description: TopicDescription;
  readonly partitions: readonly SegmentedPartition[];
}

export interface StorageOptions {
  /** The log's own folder: `<folder>/log`. */
  readonly folder: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly durability: 'process' | 'power';
  readonly segmentBytes: number;
  /** Bytes a partition may keep; whole segments beyond that are dropped. */
  readonly retentionBytes: number;
  readonly files: FileHandles;
  readonly lock: FolderLock;
}

/** How often a commit looks for segments to drop, ms. */
const retentionEveryMs = 60_000;

export class EmbeddedStorage implements LogStorage {
  readonly kind = 'embedded';
  readonly storesRows = true;
  readonly topics: Map<string, SegmentedTopic>;
  readonly offsets: readonly StoredOffset[];
  readonly #options: StorageOptions;
  readonly #power: boolean;
  #writes: number;
  #retentionAt: number;

  constructor(
    options: StorageOptions,
    opened: { topics: Map<string, SegmentedTopic>; offsets: readonly StoredOffset[]; writes: number },
  ) {
    this.#options = options;
    this.#power = options.durability === 'power';
    this.topics = opened.topics;
    this.offsets = opened.offsets;
    this.#writes = opened.writes;
    this.#retentionAt = options.clock.monotonic();
  }

  async create(descriptions: readonly TopicDescription[]): Promise<void> {
    const { folder, files, clock } = this.#options;
    const made: SegmentedTopic[] = [];
    const rows = new RowBatch(new ByteWriter());
    const row = { start: 0, end: 0, base: 0, bytes: 0, tail: 0, writtenAt: clock.now() };
    for (const description of descriptions) {
      const partitions = [...(this.topics.get(description.name)?.partitions ?? [])];
      for (let partition = partitions.length; partition < description.partitions; partition++) {
        const place = { topic: description.name, partition };
        const path = join(folder, partitionName(place));
        await mkdir(path, { recursive: true }).catch((error: unknown) => Promise.reject(ioError(error, path)));
        putJson(rows, partitionKey(place), row);
        partitions.push(new SegmentedPartition({ ...place, folder: path }, row, [], files));
      }
      putJson(rows, topicKey(description.name), description);
      made.push({ description, partitions });
    }
    if (this.#power) await syncFolder(folder);
    await this.#writeRows([rows]);
    for (const topic of made) this.topics.set(topic.description.name, topic);
  }

  async write({ outputs, offsets, rows }: LogWrite): Promise<void> {
    await this.#retain();
    const { segmentBytes, clock } = this.#options;
    const how = { segmentBytes, sync: this.#power };
    const now = clock.now();
    const prepared = await Promise.all(
      [...outputs].map(async ([{ topic, partition }, batches]) => {
        const store = this.#partition(topic, partition);
        const append = await store.prepare(batches, now, how);
        if (append.created && this.#power) await syncFolder(store.folder);
        return append;
      }),
    );
    const own = new RowBatch(new ByteWriter());
    for (const append of prepared) append.addRows(own);
    for (const stored of offsets) putJson(own, offsetKey(stored, stored.group), stored.offset);
    await this.#writeRows([...rows, own]);
    for (const append of prepared) append.committed();
  }

  async deleteBefore({ topic, partition }: PartitionStore, offset: number): Promise<void> {
    const store = this.#partition(topic, partition);
    const rows = new RowBatch(new ByteWriter());
    store.deletionRows(offset, rows);
    await this.#writeRows([rows]);
    for (const segment of store.deleted(offset)) await this.#options.files.remove(segment.path);
  }

  async close(): Promise<void> {
    await this.#options.files.close();
    await this.#options.lock.release();
  }

  // The commit. When the store fails, what it holds afterwards decides whether it happened.
  async #writeRows(batches: readonly RowBatch[]): Promise<void> {
    const { store } = this.#options;
    const number = this.#writes + 1;
    const counter = new RowBatch(new ByteWriter(32));
    putJson(counter, counterKey, number);
    try {
      await store.write([...batches, counter], { sync: this.#power });
    } catch (error) {
      if (store.get(counterKey)?.toString() !== String(number)) throw StreamError.from(error, 'COMMIT_FAILED');
    }
    this.#writes = number;
  }

  // Before a commit, so that a disk in trouble fails it while nothing is written.
  async #retain(): Promise<void> {
    const { clock, retentionBytes } = this.#options;
    if (clock.monotonic() - this.#retentionAt < retentionEveryMs) return;
    this.#retentionAt = clock.monotonic();
    for (const { description, partitions } of this.topics.values()) {
      if (description.compacted) continue; // the last record of a key must stay, so all do
      const since = clock.now() - (description.retentionMs ?? Infinity);
      for (const partition of partitions) {
        const start = partition.retained(since, retentionBytes);
        if (start > partition.start) await this.deleteBefore(partition, start);
      }
    }
  }

  #partition(topic: string, partition: number): SegmentedPartition {
    return this.topics.get(topic)!.partitions[partition]!;
  }
}

/** New files survive a power loss only when their folder was synced too. */
async function syncFolder(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw ioError(error, path);
  }
}
