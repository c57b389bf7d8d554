import { mkdir, readdir, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock, type Clock } from '../../core/clock.ts';
import type { TopicDescription } from '../../core/log.ts';
import type { Store } from '../../core/store.ts';
import { StreamError } from '../../core/stream-error.ts';
import { LocalLog } from '../log/local-log.ts';
import type { StoredOffset } from '../log/log-storage.ts';
import { partitionName } from '../log/partition-name.ts';
import { EmbeddedStorage, type SegmentedTopic } from './embedded-storage.ts';
import { FileHandles } from './file-handles.ts';
import { FolderLock } from './folder-lock.ts';
import { ioError } from './io-error.ts';
import { counterKey, logRows, parseKey, type ClosedRow, type PartitionRow } from './log-rows.ts';
import { segmentName } from './segment.ts';
import { SegmentedPartition } from './segmented-partition.ts';

export interface EmbeddedLogOptions {
  /** The segment files are in `<folder>/log`. */
  readonly folder: string;
  /** Takes the rows of every commit. The log does not close it. */
  readonly store: Store;
  readonly clock?: Clock;
  /** `process` (default) survives the death of the process; `power` also a power loss, with two syncs per commit. */
  readonly durability?: 'process' | 'power';
  /** Size at which a partition begins a new file. Default 64 MiB. */
  readonly segmentBytes?: number;
  /** Bytes a partition may keep. Default: all. */
  readonly retentionBytes?: number;
}

interface StoredRows {
  readonly descriptions: TopicDescription[];
  readonly partitions: Map<string, PartitionRow>;
  readonly closed: Map<string, { base: number; row: ClosedRow }[]>;
  readonly offsets: StoredOffset[];
  writes: number;
}

/**
 * The durable log of one machine. Fails with LOG_LOCKED when another process has the folder open, LOG_CORRUPT when
 * committed bytes are missing or damaged, STATE_FULL when the folder cannot be written.
 */
export async function openEmbeddedLog(options: EmbeddedLogOptions): Promise<LocalLog> {
  const { store, clock = systemClock } = options;
  const folder = join(options.folder, 'log');
  await mkdir(folder, { recursive: true }).catch((error: unknown) => Promise.reject(ioError(error, folder)));
  const lock = await FolderLock.take(folder);
  const files = new FileHandles();
  try {
    const rows = await readRows(store);
    if (rows.descriptions.length === 0) await checkUnused(folder);
    const topics = new Map<string, SegmentedTopic>();
    for (const description of rows.descriptions) {
      const partitions: SegmentedPartition[] = [];
      for (let partition = 0; partition < description.partitions; partition++) {
        partitions.push(await openPartition(folder, description.name, partition, rows, files));
      }
      topics.set(description.name, { description, partitions });
    }
    const { durability = 'process', segmentBytes = 64 << 20, retentionBytes = Infinity } = options;
    const settings = { folder, store, clock, durability, segmentBytes, retentionBytes, files, lock };
    return new LocalLog(new EmbeddedStorage(settings, { topics, offsets: rows.offsets, writes: rows.writes }), clock);
  } catch (error) {
    await files.close();
    await lock.release();
    throw error;
  }
}

async function readRows(store: Store): Promise<StoredRows> {
  const found: StoredRows = { descriptions: [], partitions: new Map(), closed: new Map(), offsets: [], writes: 0 };
  for await (const chunk of store.scan(logRows)) {
    for (const { key, value } of chunk) {
      const { kind, topic, partition, rest } = parseKey(key);
      const content: unknown = JSON.parse(value.toString());
      const name = partitionName({ topic, partition });
      if (key === counterKey) found.writes = content as number;
      else if (kind === '#t') found.descriptions.push(content as TopicDescription);
      else if (kind === '#p') found.partitions.set(name, content as PartitionRow);
      else if (kind === '#g') found.offsets.push({ group: rest, topic, partition, offset: content as number });
      else if (kind === '#s') {
        const closed = found.closed.get(name) ?? [];
        closed.push({ base: Number(rest), row: content as ClosedRow });
        found.closed.set(name, closed);
      }
    }
  }
  return found;
}

async function openPartition(
  logFolder: string,
  topic: string,
  partition: number,
  rows: StoredRows,
  files: FileHandles,
): Promise<SegmentedPartition> {
  const name = partitionName({ topic, partition });
  const row = rows.partitions.get(name)!;
  const folder = join(logFolder, name);
  const store = new SegmentedPartition({ topic, partition, folder }, row, rows.closed.get(name) ?? [], files);
  try {
    await mkdir(folder, { recursive: true });
    await removeUncommitted(store, row);
  } catch (error) {
    throw ioError(error, folder);
  }
  await store.verify();
  return store;
}

// A topic has a row before it has a segment. Where there is no row at all, the store was lost, and with it the knowledge of
// what in the segments is committed: they are not leftovers.
async function checkUnused(folder: string): Promise<void> {
  for (const name of await readdir(folder, { recursive: true })) {
    if (!name.endsWith('.segment') || (await stat(join(folder, name))).size === 0) continue;
    throw new StreamError('LOG_CORRUPT', `${join(folder, name)} holds records, but the store beside the log is empty`, {
      remedy: 'Restore the folder from a copy: `store` and `log` belong together. To begin anew, delete both.',
    });
  }
}

// Files that no row knows are leftovers: of a commit that did not happen, or of a deletion that was not finished.
async function removeUncommitted(
  { folder, segments }: SegmentedPartition,
  { base, bytes }: PartitionRow,
): Promise<void> {
  const known = new Set(segments.filter((segment) => segment.bytes > 0).map((segment) => segmentName(segment.base)));
  for (const file of await readdir(folder)) {
    if (file.endsWith('.segment') && !known.has(file)) await rm(join(folder, file));
  }
  for (const segment of segments) await segment.checkSize();
  if (bytes > 0) await truncate(join(folder, segmentName(base)), bytes);
}
