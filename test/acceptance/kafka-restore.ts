/**
 * `npm run acceptance -- kafka-restore [--keys 5000000] [--bytes 100] [--rounds 3]`: state of many keys, lost with its
 * machine, comes back from its changelog. Prints time, speed and memory beside bare fetches of the same topic in the same
 * round, by our driver and by Kafka's own consumer, and the medians of their ratios.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { javaPerformance } from '../../benchmarks/kafka-driver/java-performance.ts';
import { medianOf } from '../../benchmarks/kafka-driver/median-of.ts';
import { processCost } from '../../benchmarks/kafka-driver/process-cost.ts';
import { startCluster } from '../../scripts/kafka/start-cluster.ts';
import { openKafkaLog } from '../../src/connectors/kafka/kafka-log.ts';
import { produce } from '../../src/connectors/produce.ts';
import { BatchWriter } from '../../src/core/batch-writer.ts';
import { systemClock, systemRandom } from '../../src/core/clock.ts';
import { partitionOf } from '../../src/core/partitioner.ts';
import { string, StreamError, topic } from '../../src/index.ts';

const partitions = 4;
const batchRecords = 20_000;
const texts = topic('texts', string, { key: (text) => text.slice(0, text.indexOf(':')) });
const fetching = ['--import', 'tsx', fileURLToPath(new URL('kafka-restore-fetch-child.ts', import.meta.url))];
const bundling = fileURLToPath(new URL('../../scripts/bundle.js', import.meta.url));
const keeping = [fileURLToPath(new URL('kafka-restore-keep.mjs', import.meta.url))];

export async function restoreAcceptance(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      keys: { type: 'string', default: '5000000' },
      bytes: { type: 'string', default: '100' },
      rounds: { type: 'string', default: '3' },
    },
  });
  const keys = Number(values.keys);
  await promisify(execFile)(process.execPath, [bundling]); // the process that keeps state runs the package
  const folder = await mkdtemp(join(tmpdir(), 'millrace-restore-'));
  const cluster = await startCluster({ heapMb: 1024 });
  const measure = async (mode: 'keep' | 'fetch', name: string): Promise<Measure> => {
    const command =
      mode === 'fetch'
        ? [...fetching, cluster.bootstrap]
        : [...keeping, cluster.bootstrap, join(folder, name), String(partitions), values.keys];
    const { output, cpuSeconds } = await processCost([process.execPath, ...command]);
    const took = JSON.parse(output.trim().split('\n').at(-1)!) as Measure;
    console.log(JSON.stringify({ what: name, cpuSeconds, ...took }));
    return took;
  };
  try {
    await feed(cluster.bootstrap, keys, Number(values.bytes));
    await measure('keep', 'first');
    const topicName = await changelogOf(cluster.bootstrap);
    const ratios = { own: [] as number[], java: [] as number[] };
    for (let round = 1; round <= Number(values.rounds); round++) {
      const raw = await measure('fetch', 'bare fetch');
      const java = await javaFetch(cluster.bootstrap, topicName, keys);
      const restored = await measure('keep', `restore ${round}`);
      const speed = restored.restored! / restored.seconds;
      ratios.own.push(raw.records! / raw.seconds / speed);
      ratios.java.push(java.records! / java.seconds / speed);
      if (restored.restored! < keys || restored.recordsIn! > 0 || restored.restarts! > 0) {
        throw new StreamError('LOG_CORRUPT', `of ${keys} keys ${restored.restored!} came back`);
      }
      await rm(join(folder, `restore ${round}`), { recursive: true });
    }
    const timesTheBareFetch = middle(ratios.own);
    console.log(JSON.stringify({ keys, timesTheBareFetch, timesJavasFetch: middle(ratios.java) }));
  } finally {
    await cluster.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Measure {
  readonly seconds: number;
  readonly records?: number;
  readonly restored?: number;
  readonly recordsIn?: number;
  readonly restarts?: number;
}

function middle(ratios: readonly number[]): number {
  return Math.round(100 * medianOf(ratios)) / 100;
}

async function changelogOf(brokers: string): Promise<string> {
  const log = await openKafkaLog({ brokers }, { clock: systemClock, random: systemRandom });
  const topics = await log.topics.list();
  await log.close();
  return topics.map(({ name }) => name).find((name) => name.endsWith('-changelog'))!;
}

/** Kafka's own consumer; its seconds are those of fetching, without its start and its rebalance. */
async function javaFetch(brokers: string, topicName: string, records: number): Promise<Measure> {
  const { consumer } = await javaPerformance(brokers);
  const { output, cpuSeconds } = await processCost(consumer(topicName, records));
  const [names = [], values = []] = output
    .trim()
    .split('\n')
    .slice(-2)
    .map((line) => line.split(', '));
  const took = {
    records: Number(values[names.indexOf('data.consumed.in.nMsg')]),
    seconds: Number(values[names.indexOf('fetch.time.ms')]) / 1000,
  };
  if (!(took.records >= records && took.seconds > 0)) throw new StreamError('IO_FAILED', `it printed ${output}`);
  console.log(JSON.stringify({ what: "Java's fetch", cpuSeconds, ...took }));
  return took;
}

async function feed(brokers: string, keys: number, bytes: number): Promise<void> {
  const log = await openKafkaLog({ brokers }, { clock: systemClock, random: systemRandom });
  await log.topics.create([{ name: texts.name, partitions }]);
  const checksums = log.writesChecksums !== true;
  const writers = Array.from({ length: partitions }, (_, i) => new BatchWriter(texts.name, i, { checksums }));
  for (let user = 0; user < keys;) {
    const until = Math.min(keys, user + batchRecords);
    for (; user < until; user++) {
      const key = `user-${user}`;
      const text = `${key}:${user % 2 === 0 ? 'some words' : 'other words'}`.padEnd(bytes, '.');
      writers[partitionOf(key, partitions)]!.append(key, string, text, user);
    }
    await produce(
      log,
      texts.name,
      writers.flatMap((writer) => writer.seal() ?? []),
    );
  }
  await log.close();
}
