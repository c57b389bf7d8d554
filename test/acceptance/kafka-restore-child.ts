/**
 * `kafka-restore-child.ts keep|fetch BROKERS FOLDER RECORDS`: keeps the newest text of each user, until nothing is left to
 * read and to restore; or fetches the changelog without doing anything with it. Prints what it took as a JSON line.
 */
import { readFileSync } from 'node:fs';
import { openKafkaLog } from '../../src/connectors/kafka/kafka-log.ts';
import { delay, systemClock, systemRandom } from '../../src/core/clock.ts';
import { kafka, leveldb, run, type JobHandle } from '../../src/index.ts';
import { keeping } from './kafka-restore-job.ts';

const [mode, brokers = '', folder = '', count = '0'] = process.argv.slice(2);
const records = Number(count);

async function keep(): Promise<object> {
  const job = await run(keeping, { log: kafka({ brokers }), state: leveldb(folder), commit: { interval: 5_000 } });
  const before = performance.now();
  await idle(job);
  const seconds = (performance.now() - before) / 1000;
  const { restore, recordsIn, restarts } = job.status;
  await job.close();
  return { seconds, restored: restore.records, bytes: restore.bytes, recordsIn, restarts };
}

async function idle(job: JobHandle): Promise<void> {
  for (;;) {
    await delay(systemClock, 20);
    const { tasks, restore, recordsIn } = job.status;
    if (tasks > 0 && restore.remaining === 0 && (restore.records > 0 || recordsIn >= records)) return;
  }
}

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
      seen += batch?.count ?? 0;
    }
  }
  const seconds = (performance.now() - before) / 1000;
  await reader.close();
  await log.close();
  return { seconds, records: seen };
}

const result = await (mode === 'keep' ? keep() : fetch());
const peakKib = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
console.log(JSON.stringify({ ...result, peakRssMib: Math.round(peakKib / 1024) }));
