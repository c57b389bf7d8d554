/**
 * Entry of a worker thread: loads the topology again, checks that it is the same graph, and runs one worker on the log
 * of the job's thread or on one of its own. Started by ThreadPool.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { openKafkaLog } from '../connectors/kafka/kafka-log.ts';
import { connectLog } from '../connectors/log/remote-log.ts';
import { systemClock, systemRandom } from '../core/clock.ts';
import { StreamError } from '../core/stream-error.ts';
import { makePlan } from '../plan/make-plan.ts';
import { levelState } from '../state/leveldb/level-state.ts';
import { StateStore } from '../state/leveldb/state-store.ts';
import { graphFingerprint } from './graph-fingerprint.ts';
import { loadTopology } from './load-topology.ts';
import type { MetricReading } from './options.ts';
import { Supervisor } from './supervisor.ts';
import { topicCodecs } from './topic-codecs.ts';
import type { FromThread, ToThread, WorkerThreadData } from './worker-messages.ts';

const data = workerData as WorkerThreadData;
const port = parentPort!;

function send(message: FromThread): void {
  port.postMessage(message);
}

async function main(): Promise<void> {
  const { topology } = await loadTopology(data.module);
  const plan = makePlan(topology.build(data.config as object));
  if (graphFingerprint(plan) !== data.graph) {
    throw new StreamError('GRAPH_CHANGED', 'the module built another graph in the worker thread', {
      job: plan.graph.job,
      remedy: 'Build the same graph from the same config: no randomness, time or environment in build().',
    });
  }
  const log =
    'port' in data.log
      ? connectLog(data.log.port)
      : await openKafkaLog(data.log.kafka, { clock: systemClock, random: systemRandom });
  const codecOf = await topicCodecs(plan, data.coding);
  const store = await StateStore.open(data.storeFolder, { alone: false });
  const backend = levelState(store);
  const supervisor = new Supervisor({
    clock: systemClock,
    random: systemRandom,
    restart: data.restart,
    worker: { ...data, plan, codecOf, log, backend, store, clock: systemClock, random: systemRandom },
    onChange: report,
    onCommit: (durationMs, pauseMs) => {
      send({ type: 'commit', durationMs, pauseMs });
    },
    onTransaction: (durationMs) => {
      send({ type: 'transaction', durationMs });
    },
    onWarning: (message) => {
      send({ type: 'warning', message });
    },
  });
  function report(): void {
    const readings: MetricReading[] = [];
    supervisor.collect({
      value: ({ name }, value, labels = {}) => readings.push({ name, labels, value }),
      histogram: () => undefined, // durations are reported as they happen
    });
    const { totals, phase } = supervisor;
    send({ type: 'report', totals, phase, quiet: supervisor.worker?.quiet ?? false, readings });
  }
  port.on('message', (message: ToThread) => {
    switch (message.type) {
      case 'end':
        supervisor.end(message.ending);
        return;
      case 'abort':
        supervisor.abort(new StreamError('ABORTED', 'the job was aborted', { job: plan.graph.job }));
        return;
      case 'holdSources':
        supervisor.worker?.holdSources(message.held);
        return;
      case 'topics':
        supervisor.rescale(message.prepared);
        return;
      case 'report':
        report();
        return;
    }
  });
  try {
    await supervisor.run();
    report();
  } finally {
    await backend.close();
    await store.close();
    await log.close();
  }
}

main().then(
  () => {
    send({ type: 'ended' });
    port.close();
  },
  (thrown: unknown) => {
    const error = StreamError.from(thrown, 'WORKER_FAILED');
    send({ type: 'failed', code: error.code, message: error.message, reaction: error.reaction });
    port.close();
  },
);
