import type { Codec } from '../../src/core/codec.ts';
import type { Log } from '../../src/core/log.ts';

/** The committed values of a topic, per partition in order. Reads to where the partitions end now. */
export async function readTopic<T>(log: Log, topic: string, codec: Codec<T>): Promise<T[][]> {
  const [description] = await log.topics.describe([topic]);
  const places = Array.from({ length: description?.partitions ?? 0 }, (_, partition) => ({ topic, partition }));
  const bounds = await log.topics.bounds(places);
  const reader = log.reader();
  const all: T[][] = places.map(() => []);
  try {
    for (const { partition, start, stable } of bounds) {
      for (let offset = start; offset < stable;) {
        const [part] = await reader.fetch({
          partitions: [{ topic, partition, offset }],
          partitionBytes: 1 << 20,
          maxWaitMs: 100,
          isolation: 'committed',
        });
        const batch = part?.batch;
        for (let i = 0; batch !== undefined && i < batch.count; i++) {
          all[partition]!.push(codec.decode(batch.slab, batch.valueStarts[i]!, batch.valueEnds[i]!));
        }
        offset = part?.nextOffset ?? offset;
      }
    }
  } finally {
    await reader.close();
  }
  return all;
}
