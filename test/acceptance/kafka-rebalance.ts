/**
 * `npm run acceptance -- kafka-rebalance [--rounds 12] [--rate 2000] [--seed 1]`: two worker processes share a job while a
 * third one joins and leaves again every 10 s. Prints how long tasks paused that stayed where they were: the longest time
 * between two of their records after each joining or leaving. Who processed a record, and when, is in the record, and only
 * committed ones are read.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startCluster } from '../../scripts/kafka/start-cluster.ts';
import { openKafkaLog } from '../../src/connectors/kafka/kafka-log.ts';
import { delay, systemClock, systemRandom } from '../../src/core/clock.ts';
import { StreamError } from '../../src/index.ts';
import { makeEvents } from '../chaos/input.ts';
import { buildChild } from '../chaos/kafka-build.ts';
import { closeWindows, createTopics, settled } from '../chaos/kafka-flow.ts';
import { checkOutputs, wrongIn } from '../chaos/kafka-outputs.ts';
import { WorkerProcess } from '../chaos/kafka-process.ts';
import { counts, type Count } from '../chaos/topology.ts';
import { readTopic } from '../support/read-topic.ts';
import { Feed } from './feed.ts';
import { OutputWatch } from './output-watch.ts';

const roundMs = 10_000;
const mostMs = 500;

export async function rebalanceAcceptance(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '12' },
      rate: { type: 'string', default: '2000' },
      seed: { type: 'string', default: '1' },
    },
  });
  const [rounds, rate] = [Number(values.rounds), Number(values.rate)];
  const folder = await mkdtemp(join(tmpdir(), 'millrace-rebalance-'));
  const cluster = await startCluster({ heapMb: 512 });
  const brokers = cluster.bootstrap;
  const log = await openKafkaLog({ brokers, clientId: 'acceptance' }, { clock: systemClock, random: systemRandom });
  let failures = 0;
  const entry = buildChild(folder);
  const onFailure = (): number => failures++;
  const [first, second, joiner] = ['worker-0', 'worker-1', 'joiner'].map(
    (name) => new WorkerProcess(name, { entry, brokers, folder, sessionTimeoutMs: 45_000, direct: true, onFailure }),
  ) as [WorkerProcess, WorkerProcess, WorkerProcess];
  const watch = new OutputWatch(log);
  try {
    await createTopics(log);
    first.start();
    second.start();
    const feed = new Feed(log, makeEvents(rate * (rounds + 6) * 10, Number(values.seed)), rate);
    await watch.first();
    await delay(systemClock, roundMs);
    const changes: number[] = [];
    for (let round = 0; round < rounds; round++) {
      changes.push(Date.now());
      joiner.start();
      await delay(systemClock, roundMs / 2);
      changes.push(Date.now());
      const left = joiner.close();
      await delay(systemClock, roundMs / 2);
      await left;
    }
    const written = await feed.stop();
    await closeWindows(log, written);
    if (!(await settled(log, written.length))) console.error('the outputs did not come to rest');
    await watch.close();
    await Promise.all([first.kill(), second.kill()]);
    const restarts = [first, second, joiner].flatMap((worker) => worker.warnings);
    for (const line of restarts) console.error(line);
    const records = await readTopic(log, counts.name, counts.codec);
    const moves = records.map(
      (list) => list.filter((record, i) => i > 0 && record.worker !== list[i - 1]!.worker).length,
    );
    const pauses = pausesOf(records, changes);
    const findings = await checkOutputs(brokers, written);
    const at = (share: number): number => pauses[Math.min(pauses.length - 1, Math.floor(pauses.length * share))] ?? NaN;
    const pauseMs = { median: at(0.5), p99: at(0.99), longest: at(1) };
    const total = { rounds, records: written.length, ...findings, moves, restarts: restarts.length, failures };
    console.log(JSON.stringify({ ...total, stayed: pauses.length, pauseMs }));
    if (wrongIn(findings) + failures > 0 || moves.some((n) => n > 2 * rounds)) {
      throw new StreamError('LOG_CORRUPT', 'a task was processed by two workers');
    }
    if (!(pauseMs.p99 < mostMs))
      throw new StreamError('REBALANCE', `tasks that stayed paused ${String(pauseMs.p99)} ms`);
  } finally {
    await watch.close();
    await Promise.all([first, second, joiner].map((worker) => worker.kill()));
    await log.close();
    await cluster.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Sorted: for each change and each partition whose worker is the same before it and until the next one, its longest pause. */
function pausesOf(partitions: readonly (readonly Count[])[], changes: readonly number[]): number[] {
  const pauses: number[] = [];
  changes.forEach((from, i) => {
    const to = changes[i + 1] ?? from + roundMs / 2;
    for (const records of partitions) {
      const begin = records.findLastIndex(({ at }) => at < from);
      const end = records.findIndex(({ at }) => at >= to);
      const span = records.slice(Math.max(0, begin), end < 0 ? undefined : end);
      if (new Set(span.map(({ worker }) => worker)).size !== 1) continue;
      let longest = 0;
      for (let k = 1; k < span.length; k++) longest = Math.max(longest, span[k]!.at - span[k - 1]!.at);
      if (longest >= mostMs)
        console.error(`change ${String(i)}: a task of ${span[0]!.worker} paused ${String(longest)} ms`);
      pauses.push(longest);
    }
  });
  return pauses.sort((a, b) => a - b);
}
