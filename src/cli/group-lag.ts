/** How far a group is behind the ends of what it reads. */
import type { Log, PartitionBounds, PartitionOffset } from '../core/log.ts';

export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  /** Next offset to read; null: nothing was committed yet. */
  readonly committed: number | null;
  /** Where committed readers can read to. */
  readonly end: number;
  readonly records: number;
  /** Age of the next record to read; null: it has no time, or cannot be read. */
  readonly seconds: number | null;
}

/** Of all partitions of the topics that exist. `now` is wall time in ms. */
export async function groupLag(
  log: Log,
  group: string,
  topics: readonly string[],
  now: number,
): Promise<readonly PartitionLag[]> {
  const found = await log.topics.describe(topics);
  const places = found.flatMap((topic) =>
    topic === undefined
      ? []
      : Array.from({ length: topic.partitions }, (_, partition) => ({ topic: topic.name, partition })),
  );
  const [bounds, committed] = await Promise.all([log.topics.bounds(places), log.topics.committed(group, places)]);
  const behind = bounds.flatMap((bound, i) => {
    const offset = Math.max(bound.start, committed[i] ?? bound.start);
    return offset < bound.stable ? [{ topic: bound.topic, partition: bound.partition, offset }] : [];
  });
  const times = await timesOf(log, behind);
  return bounds.map((bound, i) => lagOf(bound, committed[i], times.get(nameOf(bound)), now));
}

function lagOf(
  { topic, partition, start, stable }: PartitionBounds,
  committed: number | undefined,
  time: number | undefined,
  now: number,
): PartitionLag {
  const records = Math.max(0, stable - Math.max(start, committed ?? start));
  const age = time === undefined || Number.isNaN(time) ? null : Math.max(0, Math.round((now - time) / 1000));
  return { topic, partition, committed: committed ?? null, end: stable, records, seconds: records === 0 ? 0 : age };
}

/** Timestamps of the next records, by partition. Where only control records are left there is none. */
async function timesOf(log: Log, places: readonly PartitionOffset[]): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number>();
  if (places.length === 0) return times;
  const reader = log.reader();
  try {
    const fetched = await reader.fetch({
      partitions: places,
      partitionBytes: 1024,
      maxWaitMs: 100,
      isolation: 'committed',
    });
    for (const part of fetched) {
      const time = part.batch?.timestamps[0];
      if (time !== undefined) times.set(nameOf(part), time);
    }
  } finally {
    await reader.close();
  }
  return times;
}

function nameOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}/${String(partition)}`;
}
