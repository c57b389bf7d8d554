/**
 * Runs a topology: builds and checks the graph, opens log and state, prepares topics, starts the worker. This is the
 * composition root of the library.
 */
import { systemClock, systemRandom } from '../core/clock.ts';
import { toMs } from '../core/duration.ts';
import { StreamError } from '../core/stream-error.ts';
import type { Topology } from '../dsl/define-topology.ts';
import { makePlan } from '../plan/make-plan.ts';
import type { WorkerSettings } from '../runtime/worker-options.ts';
import { embedded } from './embedded.ts';
import { JobRunner } from './job-runner.ts';
import { leveldb } from './state-factories.ts';
import type { JobHandle, OpenLog, OpenState, RunOptions } from './options.ts';
import { prepareTopics } from './prepare-topics.ts';
import { Supervisor } from './supervisor.ts';
import { savepointOf } from './savepoint.ts';

/**
 * Starts `topology` in the calling thread and returns when it is starting; await `finished` for its end.
 * Fails with GRAPH_INVALID, CONFIG_INVALID, TOPIC_MISMATCH, STATE_LOCKED and what else the start can meet.
 */
export async function run<C>(topology: Topology<C>, options: RunOptions<C> = {}): Promise<JobHandle> {
  const { clock = systemClock, random = systemRandom } = options;
  const graph = topology.build(options.config);
  const plan = makePlan(graph);
  const { job } = graph;
  const openLog = await (options.log ?? embedded(`.millrace/${job}`)).open({ clock, job });
  let openState: OpenState | undefined;
  try {
    openState = await (options.state ?? leveldb()).open({ log: openLog, clock, job });
    const { log } = openLog;
    const settings = workerSettings(job, options, openLog);
    const prepared = await prepareTopics(plan, log, {
      partitions: options.partitions ?? 4,
      exchange: settings.exchange,
    });
    let changed = (): void => undefined;
    const supervisor = new Supervisor({
      clock,
      random,
      restart: {
        initialMs: toMs(options.restart?.initial ?? '1s', 'restart.initial'),
        maxMs: toMs(options.restart?.max ?? '2m', 'restart.max'),
        attempts: options.restart?.attempts ?? 10,
      },
      worker: { plan, ...prepared, settings, log, backend: openState.backend, store: openState.store, clock, random },
      onChange: () => {
        changed();
      },
      onCommit: (durationMs) => {
        options.onCommit?.(durationMs);
        changed();
      },
      onWarning: (message) => options.onWarning?.(message),
    });
    const state = openState;
    const runner = new JobRunner({
      name: job,
      workers: supervisor,
      monotonic: () => clock.monotonic(),
      savepoint: (folder) => savepointOf({ plan, layout: prepared.layout, state, folder }),
      release: () => releaseAll(state, openLog),
      signal: options.signal,
    });
    changed = () => {
      runner.changed();
    };
    return runner;
  } catch (error) {
    await releaseAll(openState, openLog);
    throw StreamError.is(error) ? error.at({ job }) : error;
  }
}

async function releaseAll(state: OpenState | undefined, log: OpenLog): Promise<void> {
  try {
    await state?.close();
  } finally {
    await log.close();
  }
}

function workerSettings<C>(job: string, options: RunOptions<C>, { log }: OpenLog): WorkerSettings {
  const exchange = options.exchange ?? (log.shared ? 'log' : 'direct');
  return {
    group: options.group ?? job,
    instance: options.instance ?? '0',
    exchange,
    commitLingerMs: toMs(options.commit?.linger ?? (log.kind === 'kafka' ? 50 : 10), 'commit.linger'),
    commitIntervalMs: toMs(options.commit?.interval ?? '1s', 'commit.interval'),
    stateBytes: options.memory?.stateBytes ?? 256 * 1024 * 1024,
    inputBytes: options.memory?.inputBytes ?? 16 * 1024 * 1024,
    sessionTimeoutMs: toMs(options.sessionTimeout ?? '45s', 'sessionTimeout'),
    transactionTimeoutMs: toMs(options.transactionTimeout ?? '60s', 'transactionTimeout'),
    bounded: options.bounded ?? false,
  };
}
