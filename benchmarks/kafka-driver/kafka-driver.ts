/**
 * `npm run bench -- kafka-driver [--records 2000000] [--bytes 300] [--runs 3] [--json]`: our consuming and producing beside
 * Kafka's own performance tools, on one broker, in turns.
 *
 * What counts is CPU per record. Each side runs twice, with few records and with many, and the difference is divided by
 * the difference in records: the start of a process, and of Java's compiler above all, is nobody's throughput.
 */
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { kafkaVersion } from '../../scripts/kafka/artifacts.ts';
import { startCluster } from '../../scripts/kafka/start-cluster.ts';
import { javaPerformance } from './java-performance.ts';
import { medianOf } from './median-of.ts';
import { processCost } from './process-cost.ts';

const partitions = 4;
const fewRecords = 200_000;
const driver = fileURLToPath(new URL('../../test/kafka-driver/driver-process.ts', import.meta.url));

type Work = 'consume' | 'produce';

interface Side {
  readonly name: string;
  command(work: Work, topic: string, records: number): readonly string[];
}

interface Line {
  readonly work: Work;
  readonly side: string;
  /** CPU microseconds per record of each run. */
  readonly runs: readonly number[];
  readonly median: number;
  /** Records per second of the long run, its process start included: depends on what else the machine does. */
  readonly recordsPerSecond: number;
}

export async function kafkaDriver(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      records: { type: 'string', default: '2000000' },
      bytes: { type: 'string', default: '300' },
      runs: { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
    },
  });
  const [records, runs] = [Number(values.records), Number(values.runs)];
  const cluster = await startCluster({ heapMb: 1024 });
  try {
    const sides = [ours(cluster.bootstrap, values.bytes), await java(cluster.bootstrap, values.bytes)];
    await createTopics(cluster.bootstrap, ['full', ...sides.map(({ name }) => name)]);
    await processCost(sides[0]!.command('produce', 'full', records + fewRecords));
    const lines: Line[] = [];
    for (const work of ['consume', 'produce'] as const) lines.push(...(await compare(work, sides, records, runs)));
    report(lines, { records, runs, bytes: Number(values.bytes), json: values.json });
  } finally {
    await cluster.remove();
  }
}

async function compare(work: Work, sides: readonly Side[], records: number, runs: number): Promise<Line[]> {
  const costs = sides.map(() => [] as number[]);
  const speeds = sides.map(() => [] as number[]);
  for (let run = 0; run < runs; run++) {
    for (const [i, side] of sides.entries()) {
      const topic = work === 'consume' ? 'full' : side.name;
      const few = await processCost(side.command(work, topic, fewRecords));
      const many = await processCost(side.command(work, topic, records + fewRecords));
      costs[i]!.push(((many.cpuSeconds - few.cpuSeconds) / records) * 1e6);
      speeds[i]!.push((records + fewRecords) / many.seconds);
    }
  }
  return sides.map(({ name }, i) => ({
    work,
    side: name,
    runs: costs[i]!.map((cost) => Math.round(cost * 1000) / 1000),
    median: Math.round(medianOf(costs[i]!) * 1000) / 1000,
    recordsPerSecond: Math.round(medianOf(speeds[i]!)),
  }));
}

function ours(bootstrap: string, bytes: string): Side {
  return {
    name: 'millrace',
    command: (work, topic, records) => [
      process.execPath,
      ...['--import', 'tsx', driver, work, bootstrap, topic, String(records), bytes],
    ],
  };
}

async function java(bootstrap: string, bytes: string): Promise<Side> {
  const { consumer, producer } = await javaPerformance(bootstrap);
  return {
    name: 'java',
    command: (work, topic, records) =>
      work === 'consume' ? consumer(topic, records) : producer(topic, records, bytes),
  };
}

async function createTopics(bootstrap: string, topics: readonly string[]): Promise<void> {
  const admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({
    topics: topics.map((topic) => ({ topic, numPartitions: partitions })),
    waitForLeaders: true,
  });
  await admin.disconnect();
}

function report(lines: readonly Line[], how: { records: number; runs: number; bytes: number; json: boolean }): void {
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const versions = `Node ${process.version}, Kafka ${kafkaVersion}`;
  if (how.json) {
    console.log(JSON.stringify({ ...how, machine, versions, lines }));
    return;
  }
  console.log(
    `${how.records} records of ${how.bytes} bytes, ${partitions} partitions, ${how.runs} runs. ${machine}, ${versions}`,
  );
  for (const { work, side, median, runs, recordsPerSecond } of lines) {
    const all = runs.map((cost) => cost.toFixed(2)).join(', ');
    console.log(
      `${work} ${side.padEnd(9)} ${median.toFixed(2)} CPU us a record (${all}), ${recordsPerSecond} records/s`,
    );
  }
  for (const work of ['consume', 'produce'] as const) {
    const [mine, theirs] = lines.filter((line) => line.work === work);
    console.log(`${work}: ${(theirs!.median / mine!.median).toFixed(2)} times the records of Java per CPU second`);
  }
}
