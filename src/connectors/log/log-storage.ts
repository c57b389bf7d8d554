/**
 * Where a log of this process keeps its records: in memory or in segment files. LocalLog above it does everything else
 * (fetching, groups, fencing, the queue of commits), so that there is one implementation of Kafka's semantics.
 */
import type { PartitionOffset, TopicDescription } from '../../core/log.ts';
import type { RowBatch } from '../../core/row-batch.ts';

/** Committed batches of one partition. Offsets are dense; `end` moves only when a write is complete. */
export interface PartitionStore {
  readonly topic: string;
  readonly partition: number;
  readonly start: number;
  readonly end: number;
  /**
   * Whole batches, the first of which holds `offset` (start <= offset < end): about `maxBytes`, at least one. Bytes that
   * left this process are checked before they are returned.
   */
  read(offset: number, maxBytes: number): Promise<Buffer>;
  /** An offset from which on to look for the first record at or after `timestamp`; `end` when there is none. */
  seek(timestamp: number): Promise<number>;
}

export interface StoredTopic {
  readonly description: TopicDescription;
  readonly partitions: readonly PartitionStore[];
}

export interface StoredOffset extends PartitionOffset {
  readonly group: string;
}

/** Several commits as one atomic write. */
export interface LogWrite {
  /** Sealed batches per partition, in order. The storage gives them their offsets, in place. */
  readonly outputs: ReadonlyMap<PartitionStore, readonly Buffer[]>;
  readonly offsets: readonly StoredOffset[];
  readonly rows: readonly RowBatch[];
}

export interface LogStorage {
  readonly kind: string;
  readonly storesRows: boolean;
  readonly topics: ReadonlyMap<string, StoredTopic>;
  /** Committed offsets as they were when the storage was opened. */
  readonly offsets: readonly StoredOffset[];
  /** A topic that exists keeps the partitions that it has. */
  create(descriptions: readonly TopicDescription[]): Promise<void>;
  /** All or nothing. When it fails nothing was written, and the storage is as before. */
  write(write: LogWrite): Promise<void>;
  deleteBefore(partition: PartitionStore, offset: number): Promise<void>;
  close(): Promise<void>;
}
