/** Reads committed records of a topic by hand: for dead letters, live views and checks. */
import { delay, type Clock } from '../core/clock.ts';
import type { RecordBatch } from '../core/record-batch.ts';
import type { FetchedPartition, Log, LogReader, PartitionOffset } from '../core/log.ts';

export interface TopicRecord {
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the epoch; NaN: none. */
  readonly timestamp: number;
  /** Empty for tombstones. Valid until the next record is asked for. */
  readonly value: Buffer;
}

const partitionBytes = 1024 * 1024;

/** Everything in the topic up to what is committed now, partition after partition. A topic that does not exist is empty. */
export async function* readTopic(log: Log, topic: string): AsyncGenerator<TopicRecord> {
  const reader = log.reader();
  try {
    for (const { partition, start, stable } of await boundsOf(log, topic)) {
      let offset = start;
      while (offset < stable) {
        const [fetched] = await fetch(reader, [{ topic, partition, offset }], 0);
        if (fetched === undefined) return;
        for (const record of recordsOf(fetched)) {
          if (record.offset < stable) yield record;
        }
        if (fetched.nextOffset === offset) break; // nothing more can be read, whatever the bounds said
        offset = fetched.nextOffset;
      }
    }
  } finally {
    await reader.close();
  }
}

/** A record as JSON can carry it. */
export interface StoredRecord {
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number | null;
  /** Base64. */
  readonly key: string | null;
  /** Base64; null: a tombstone. */
  readonly value: string | null;
}

export interface RecordPage {
  readonly records: readonly StoredRecord[];
  /** Offset to go on at; undefined: that was all. */
  readonly next?: number | undefined;
}

/** The committed records that one fetch brings, at most `limit`. An offset before the earliest one means that one. */
export async function readPage(
  log: Log,
  { topic, partition, offset }: PartitionOffset,
  limit: number,
): Promise<RecordPage> {
  const [bounds] = await log.topics.bounds([{ topic, partition }]);
  const { start, stable } = bounds!;
  const from = Math.max(offset, start);
  if (from >= stable) return { records: [] };
  const reader = log.reader();
  try {
    const [fetched] = await fetch(reader, [{ topic, partition, offset: from }], 0);
    const found = fetched?.batch;
    const records = found === undefined ? [] : storedRecords(found).filter((record) => record.offset < stable);
    const { nextOffset = from } = fetched ?? {};
    if (records.length > limit) return { records: records.slice(0, limit), next: records[limit]!.offset };
    return { records, ...(nextOffset > from && nextOffset < stable ? { next: nextOffset } : {}) };
  } finally {
    await reader.close();
  }
}

function storedRecords({
  count,
  slab,
  partition,
  offsets,
  timestamps,
  ...columns
}: RecordBatch): readonly StoredRecord[] {
  const { keyStarts, keyEnds, valueStarts, valueEnds } = columns;
  const bytes = (start: number, end: number): string | null => (start < 0 ? null : slab.toString('base64', start, end));
  return Array.from({ length: count }, (_, i) => ({
    partition,
    offset: offsets[i]!,
    timestamp: Number.isNaN(timestamps[i]!) ? null : timestamps[i]!,
    key: bytes(keyStarts[i]!, keyEnds[i]!),
    value: bytes(valueStarts[i]!, valueEnds[i]!),
  }));
}

export interface FollowOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onRecord: (record: TopicRecord) => void;
}

/**
 * Hands on what is committed from now on, until the signal is aborted; what is committed by then is still handed on.
 * Waits for a topic that does not exist yet.
 */
export async function followTopic(log: Log, topic: string, options: FollowOptions): Promise<void> {
  const { clock, signal, onRecord } = options;
  let bounds = await boundsOf(log, topic);
  const isNew = bounds.length === 0;
  while (bounds.length === 0) {
    if (signal.aborted) return;
    await delay(clock, 20, signal).catch(() => undefined); // woken to end
    bounds = await boundsOf(log, topic);
  }
  let places = bounds.map(({ partition, start, stable }) => ({ topic, partition, offset: isNew ? start : stable }));
  const reader = log.reader();
  try {
    for (;;) {
      const ending = signal.aborted;
      const fetched = await fetchUntil(reader, places, signal);
      for (const one of fetched) for (const record of recordsOf(one)) onRecord(record);
      const next = new Map(fetched.map(({ partition, nextOffset }) => [partition, nextOffset]));
      const before = places;
      places = places.map((place) => ({ ...place, offset: next.get(place.partition) ?? place.offset }));
      if (ending && places.every(({ offset }, index) => offset === before[index]?.offset)) return;
    }
  } finally {
    await reader.close();
  }
}

/** Waits for records until the signal is aborted, then only takes what is there. */
function fetchUntil(
  reader: LogReader,
  places: readonly PartitionOffset[],
  signal: AbortSignal,
): Promise<readonly FetchedPartition[]> {
  if (signal.aborted) return fetch(reader, places, 0);
  return fetch(reader, places, 500, signal).catch((error: unknown) => {
    if (signal.aborted) return [];
    throw error;
  });
}

async function boundsOf(log: Log, topic: string): ReturnType<Log['topics']['bounds']> {
  const [description] = await log.topics.describe([topic]);
  if (description === undefined) return [];
  return log.topics.bounds(Array.from({ length: description.partitions }, (_, partition) => ({ topic, partition })));
}

function fetch(
  reader: LogReader,
  partitions: readonly PartitionOffset[],
  maxWaitMs: number,
  signal?: AbortSignal,
): Promise<readonly FetchedPartition[]> {
  return reader.fetch({ partitions, partitionBytes, maxWaitMs, isolation: 'committed', signal });
}

function* recordsOf({ batch, partition }: FetchedPartition): Generator<TopicRecord> {
  for (let i = 0; batch !== undefined && i < batch.count; i++) {
    const start = batch.valueStarts[i]!;
    const value = start < 0 ? Buffer.alloc(0) : batch.slab.subarray(start, batch.valueEnds[i]);
    yield { partition, offset: batch.offsets[i]!, timestamp: batch.timestamps[i]!, value };
  }
}
