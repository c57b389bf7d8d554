/** `kafka-restore-fetch-child.ts BROKERS`: fetches the changelog without doing anything with it. Prints what it took as a JSON line. */
import { readFileSync } from 'node:fs';
import { openKafkaLog } from '../../src/connectors/kafka/kafka-log.ts';
import { systemClock, systemRandom } from '../../src/core/clock.ts';

const [brokers = ''] = process.argv.slice(2);

async function fetch(): Promise<object> {
  const log = await openKafkaLog({ brokers }, { clock: systemClock, random: systemRandom });
  const topic = (await log.topics.list()).map(({ name }) => name).find((name) => name.endsWith('-changelog'))!;
  const [found] = await log.topics.describe([topic]);
  const places = Array.from({ length: found!.partitions }, (_, partition) => ({ topic, partition }));
  const bounds = await log.topics.bounds(places);
  const offsets = bounds.map(({ start }) => start);
  const reader = log.reader();
  const before = performance.now();
  let seen = 0;
  while (bounds.some(({ stable }, i) => offsets[i]! < stable)) {
    const partitions = places.flatMap((place, i) =>
      offsets[i]! < bounds[i]!.stable ? [{ ...place, offset: offsets[i]! }] : [],
    );
    const request = { partitions, partitionBytes: 1024 * 1024, maxWaitMs: 500, isolation: 'committed' } as const;
    for (const { partition, nextOffset, batch } of await reader.fetch(request)) {
      offsets[partition] = nextOffset;
      if (batch === undefined) continue;
      seen += batch.count;
      reader.recycle?.(batch);
    }
  }
  const seconds = (performance.now() - before) / 1000;
  await reader.close();
  await log.close();
  return { seconds, records: seen };
}

const result = await fetch();
const peakKib = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
console.log(JSON.stringify({ ...result, peakRssMib: Math.round(peakKib / 1024) }));
