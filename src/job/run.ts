/**
 * Runs a topology: builds and checks the graph, opens log and state, prepares topics, starts the worker. This is the
 * composition root of the library.
 */
import { hostname } from 'node:os';
import { systemClock, systemRandom } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { toMs } from '../core/duration.ts';
import { StreamError } from '../core/stream-error.ts';
import type { Topology } from '../dsl/define-topology.ts';
import { makePlan } from '../plan/make-plan.ts';
import type { SourceStarts } from '../runtime/source-start.ts';
import type { WorkerSettings } from '../runtime/worker-options.ts';
import { chooseExchange } from './choose-exchange.ts';
import { embedded } from './log-factories.ts';
import { guardGraph } from './graph-guard.ts';
import { JobRunner } from './job-runner.ts';
import { leveldb } from './state-factories.ts';
import type { JobHandle, OpenLog, OpenState, RunOptions } from './options.ts';
import { prepareTopics } from './prepare-topics.ts';
import { JobMetrics } from './job-metrics.ts';
import { startWorkers } from './start-workers.ts';
import { TopicWatch } from './topic-watch.ts';
import { topicCodecs } from './topic-codecs.ts';
import { savepointOf } from './savepoints/savepoint.ts';
import { withGenerated } from './with-generated.ts';

const defaultStateBytes = 256 * 1024 * 1024;

/**
 * Starts `topology` in the calling thread and returns when it is starting; await `finished` for its end.
 * Fails with GRAPH_INVALID, CONFIG_INVALID, TOPIC_MISMATCH, STATE_LOCKED and what else the start can meet.
 */
export async function run<C>(topology: Topology<C>, options: RunOptions<C> = {}): Promise<JobHandle> {
  const { clock = systemClock, random = systemRandom } = options;
  const graph = topology.build(options.config);
  const plan = makePlan(graph);
  const { job } = graph;
  const context = { clock, random, job, stateBytes: options.memory?.stateBytes ?? defaultStateBytes };
  const openLog = await (options.log ?? embedded(`.millrace/${job}`)).open(context);
  let openState: OpenState | undefined;
  try {
    openState = await (options.state ?? leveldb()).open({ ...context, log: openLog });
    const log = await withGenerated(openLog.log, plan, options.generated, clock);
    const exchange = await chooseExchange({
      plan,
      log,
      group: options.group ?? job,
      workers: options.workers ?? 1,
      asked: options.exchange,
      onWarning: (message) => options.onWarning?.(message),
    });
    const { partitions = 4, replicas, topics: overrides } = options;
    const prepare = () => prepareTopics(plan, log, { partitions, exchange, replicas, overrides });
    let prepared = await prepare();
    const coding = {
      registry: options.registry,
      topics: options.topics,
      generated: Object.keys(options.generated ?? {}),
    };
    const codecOf = await topicCodecs(plan, coding);
    const fingerprints =
      openState.store === undefined || !log.storesRows // else it lies with the changelogs: see runtime/open-task.ts
        ? new Set([plan.fingerprint])
        : await guardGraph(openState.store, plan, prepared.layout);
    const settings = { ...workerSettings(job, options, log, openLog.kafka?.rack), exchange, fingerprints };
    let changed = (): void => undefined;
    const workers = startWorkers({
      plan,
      prepared,
      settings,
      codecOf,
      coding,
      instance: options.instance ?? openState.instance,
      keepPlace: options.instance !== undefined,
      log,
      openLog,
      clock,
      random,
      state: openState,
      restart: {
        initialMs: toMs(options.restart?.initial ?? '1s', 'restart.initial'),
        maxMs: toMs(options.restart?.max ?? '2m', 'restart.max'),
        attempts: options.restart?.attempts ?? 10,
      },
      workers: options.workers ?? 1,
      module: options.module,
      config: options.config ?? {},
      onChange: () => {
        changed();
      },
      onCommit: (durationMs, pauseMs) => {
        numbers.commitDuration.observe(durationMs / 1000);
        numbers.commitPause.observe(pauseMs / 1000);
        options.onCommit?.(durationMs, pauseMs);
        changed();
      },
      onTransaction: (durationMs) => {
        numbers.transactionDuration.observe(durationMs / 1000);
      },
      onWarning: (message) => options.onWarning?.(message),
    });
    const numbers = new JobMetrics(job, workers);
    const watch =
      log.cluster === undefined
        ? undefined
        : new TopicWatch({
            plan,
            log,
            clock,
            everyMs: toMs(options.partitionDiscovery ?? '1m', 'partitionDiscovery'),
            prepared,
            prepare,
            onChange: (grown) => {
              prepared = grown;
              workers.rescale(grown);
            },
            onError: (error) => {
              workers.abort(error);
            },
            onWarning: (message) => options.onWarning?.(message),
          });
    const shown = [options.metrics?.add(numbers)];
    const state = openState;
    const runner = new JobRunner({
      name: job,
      workers,
      log,
      clock,
      metrics: numbers,
      savepoint: (folder) => savepointOf({ plan, prepared, log, rows: state.backend, group: settings.group, folder }),
      release: async () => {
        watch?.close();
        for (const hide of shown) hide?.();
        await releaseAll(state, openLog);
      },
      signal: options.signal,
    });
    shown.push(options.health?.add(runner.health));
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

function workerSettings<C>(
  job: string,
  options: RunOptions<C>,
  log: Log,
  rack: string | undefined,
): Omit<WorkerSettings, 'exchange' | 'fingerprints' | 'transactionalId'> {
  return {
    group: options.group ?? job,
    commitLingerMs: toMs(options.commit?.linger ?? (log.storesRows ? 10 : 50), 'commit.linger'),
    commitIntervalMs: toMs(options.commit?.interval ?? '1s', 'commit.interval'),
    stateBytes: options.memory?.stateBytes ?? defaultStateBytes,
    inputBytes: options.memory?.inputBytes ?? 16 * 1024 * 1024,
    sessionTimeoutMs: toMs(options.sessionTimeout ?? '45s', 'sessionTimeout'),
    transactionTimeoutMs: toMs(options.transactionTimeout ?? '60s', 'transactionTimeout'),
    starts: startsOf(options),
    bounded: options.bounded ?? false,
    standbys: standbysOf(job, options),
    warmUps: warmUpsOf(job, options),
    place: { host: hostname(), rack },
  };
}

// Threads of a process share a store, where a task must not have two writers.
function standbysOf<C>(job: string, { standbys = 0, workers = 1 }: RunOptions<C>): number {
  if (!Number.isSafeInteger(standbys) || standbys < 0) {
    throw new StreamError('CONFIG_INVALID', `standbys is ${String(standbys)}, not a whole number`, { job });
  }
  if (standbys > 0 && workers > 1) {
    throw new StreamError('UNSUPPORTED', 'standbys are kept by processes with one worker', {
      job,
      remedy: 'Start more processes instead of more workers, or use no standbys.',
    });
  }
  return standbys;
}

// Undefined for threads: see above.
function warmUpsOf<C>(job: string, { warmUps = {}, workers = 1 }: RunOptions<C>): WorkerSettings['warmUps'] {
  const { acceptableLag = 10_000, most = 2 } = warmUps;
  if (!Number.isSafeInteger(acceptableLag) || acceptableLag < 0) {
    const reason = `warmUps.acceptableLag is ${String(acceptableLag)}, not a whole number`;
    throw new StreamError('CONFIG_INVALID', reason, { job });
  }
  if (!Number.isSafeInteger(most) || most < 1) {
    const reason = `warmUps.most is ${String(most)}, not a whole number from 1`;
    throw new StreamError('CONFIG_INVALID', reason, { job });
  }
  return workers > 1 ? undefined : { acceptableLag, most };
}

function startsOf<C>({ start = {} }: RunOptions<C>): SourceStarts {
  return Object.fromEntries(
    Object.entries(start).map(([source, position]) => {
      const outOfRange = position === 'earliest' || position === 'latest' ? position : 'fail';
      return [source, { start: position, outOfRange }];
    }),
  );
}
