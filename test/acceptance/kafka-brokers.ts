/**
 * `npm run acceptance -- kafka-brokers [--rate 1500] [--seed 1]`: a job of two worker processes on three brokers
 * (replication 3, min.insync.replicas 2). Under load the leader of an input, the group's coordinator, the coordinator of a
 * worker's transactions and the active controller are killed one after another, then all brokers are restarted in turn.
 * Prints what was lost or doubled, how often processes or workers started again, and the longest time in which readers of
 * committed records saw nothing.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Broker } from '../../scripts/kafka/broker.ts';
import { startCluster } from '../../scripts/kafka/start-cluster.ts';
import { openKafkaLog } from '../../src/connectors/kafka/kafka-log.ts';
import { delay, systemClock, systemRandom } from '../../src/core/clock.ts';
import { StreamError } from '../../src/index.ts';
import { makeEvents } from '../chaos/input.ts';
import { buildChild } from '../chaos/kafka-build.ts';
import { closeWindows, createTopics, settled } from '../chaos/kafka-flow.ts';
import { checkOutputs, wrongIn } from '../chaos/kafka-outputs.ts';
import { WorkerProcess } from '../chaos/kafka-process.ts';
import { events } from '../chaos/topology.ts';
import { openClusterView, type ClusterView } from './cluster-view.ts';
import { Feed } from './feed.ts';
import { OutputWatch } from './output-watch.ts';

/** How long a killed broker stays away. */
const awayMs = 15_000;
const betweenMs = 5_000;

export async function brokersAcceptance(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { rate: { type: 'string', default: '1500' }, seed: { type: 'string', default: '1' } },
  });
  const folder = await mkdtemp(join(tmpdir(), 'millrace-brokers-'));
  const cluster = await startCluster({ brokers: 3, heapMb: 256 });
  const brokers = cluster.bootstrap;
  const log = await openKafkaLog({ brokers, clientId: 'acceptance' }, { clock: systemClock, random: systemRandom });
  const view = await openClusterView(brokers);
  let processes = 0; // started again
  const entry = buildChild(folder);
  const onFailure = (): number => processes++;
  const workers = ['worker-0', 'worker-1'].map(
    (name) =>
      new WorkerProcess(name, { entry, brokers, folder, sessionTimeoutMs: 45_000, keepsPlace: true, onFailure }),
  );
  const watch = new OutputWatch(log);
  try {
    await createTopics(log);
    for (const worker of workers) worker.start();
    const input = makeEvents(Number(values.rate) * 1_000, Number(values.seed));
    const feed = new Feed(log, input, Number(values.rate));
    await watch.first();
    for (const [what, target] of Object.entries(targets)) {
      await watch.measure(what, async () => {
        const broker = cluster.brokers[(await target(view)) - 1]!;
        console.error(`${what}: broker ${broker.id} is killed`);
        await broker.kill();
        await delay(systemClock, awayMs);
        await comeBack(broker, view);
      });
    }
    await watch.measure('rolling restart', async () => {
      for (const broker of cluster.brokers) {
        console.error(`broker ${broker.id} is restarted`);
        await broker.stop();
        await comeBack(broker, view);
      }
    });
    const written = await feed.stop();
    await closeWindows(log, written);
    if (!(await settled(log, written.length))) console.error('the outputs did not come to rest');
    const restarts = workers.flatMap((worker) => worker.warnings).filter((line) => line.includes('next start in'));
    await watch.close();
    await Promise.all(workers.map((worker) => worker.kill()));
    const findings = await checkOutputs(brokers, written);
    for (const line of restarts) console.error(line);
    const result = { records: written.length, ...findings, processes, workers: restarts.length };
    console.log(JSON.stringify({ ...result, longestGapMs: watch.longest, longestWriteMs: feed.longest }));
    if (wrongIn(findings) + processes > 0) throw new StreamError('LOG_CORRUPT', 'records or processes were lost');
  } finally {
    await watch.close();
    await Promise.all(workers.map((worker) => worker.kill()));
    await view.close();
    await log.close();
    await cluster.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What is killed, and on which broker it is. */
const targets: Readonly<Record<string, (view: ClusterView) => Promise<number>>> = {
  leader: (view) => view.leader(events.name, 0),
  'group coordinator': (view) => view.coordinator('group', 'chaos'),
  'transaction coordinator': (view) => view.coordinator('transaction', 'chaos-worker-0-0'),
  'active controller': (view) => view.activeController(),
};

// Under min.insync.replicas 2 the next one may only go when all are in sync.
async function comeBack(broker: Broker, view: ClusterView): Promise<void> {
  await broker.start();
  await view.inSync();
  await delay(systemClock, betweenMs);
}
