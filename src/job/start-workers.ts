/** One worker in this thread, or several in threads of their own. */
import { StreamError } from '../core/stream-error.ts';
import type { Clock, Random } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Plan } from '../plan/plan.ts';
import { exchangePartitions } from '../runtime/internal-inputs.ts';
import type { WorkerSettings } from '../runtime/worker-options.ts';
import { graphFingerprint } from './graph-fingerprint.ts';
import type { JobWorkers } from './job-workers.ts';
import type { OpenLog, OpenState } from './options.ts';
import type { PreparedTopics } from './prepare-topics.ts';
import { Supervisor, type RestartSettings } from './supervisor.ts';
import { ThreadPool } from './thread-pool.ts';
import type { TopicCodec, TopicCoding } from './topic-codecs.ts';

export interface StartOptions {
  readonly plan: Plan;
  readonly prepared: PreparedTopics;
  readonly settings: Omit<WorkerSettings, 'transactionalId'>;
  readonly codecOf: TopicCodec;
  /** From which threads make the same. */
  readonly coding: TopicCoding;
  /** Stable name of this process in the group; undefined: none, every start is another process. */
  readonly instance: string | undefined;
  readonly keepPlace: boolean;
  readonly restart: RestartSettings;
  /** The log to work on, and what it was opened as. */
  readonly log: Log;
  readonly openLog: OpenLog;
  readonly state: OpenState;
  readonly clock: Clock;
  readonly random: Random;
  readonly workers: number;
  readonly module: string | undefined;
  readonly config: unknown;
  readonly onChange: () => void;
  readonly onCommit: (durationMs: number, pauseMs: number) => void;
  readonly onTransaction: (durationMs: number) => void;
  readonly onWarning: (message: string) => void;
}

export function startWorkers(options: StartOptions): JobWorkers {
  return options.workers > 1 ? threads(options) : oneWorker(options);
}

function oneWorker(options: StartOptions): Supervisor {
  const { plan, prepared, codecOf, log, state, clock, random } = options;
  const { backend, store } = state;
  const settings = settingsOf(options, 0);
  return new Supervisor({
    ...options,
    worker: { plan, ...prepared, settings, codecOf, log, backend, store, clock, random },
  });
}

function threads(options: StartOptions): ThreadPool {
  const { plan, prepared, coding, restart, log, openLog, state, workers, module, config } = options;
  const { job } = plan.graph;
  const storeFolder = openLog.storeFolder ?? state.storeFolder;
  if (module === undefined) {
    throw new StreamError('CONFIG_INVALID', `${String(workers)} workers need the topology as a module`, {
      job,
      remedy: "Export it as the default of a file and pass that file's URL as `module`.",
    });
  }
  if (storeFolder === undefined || state.backend.kind !== 'leveldb') {
    throw new StreamError('UNSUPPORTED', `${String(workers)} worker threads need LevelDB state and a log that lasts`, {
      job,
      remedy: 'Use leveldb() on embedded() or kafka(), or one worker.',
    });
  }
  if (openLog.kafka !== undefined && log !== openLog.log) {
    throw new StreamError('UNSUPPORTED', 'generated inputs are read by one worker of a process', {
      job,
      remedy: 'Use one worker, or more processes.',
    });
  }
  const graph = graphFingerprint(plan);
  return new ThreadPool({
    ...options,
    job,
    groups: openLog.log,
    count: workers,
    exchanges: exchangePartitions(plan, prepared.layout),
    group: options.settings.group,
    data: (index) => ({
      module,
      config,
      graph,
      ...prepared,
      coding,
      restart,
      storeFolder,
      kafka: openLog.kafka,
      settings: settingsOf(options, index),
    }),
  });
}

// On a log that other processes share each needs a name of its own, and one that a restart keeps is a static member.
function settingsOf({ settings, instance, keepPlace, log, random }: StartOptions, worker: number): WorkerSettings {
  const shared = log.shared && !log.storesRows;
  const name = instance ?? (shared ? Math.floor(random() * 36 ** 8).toString(36) : '0');
  const slot = `${name}-${String(worker)}`;
  const member = shared && instance !== undefined ? { instanceId: slot, keepPlace } : undefined;
  return { ...settings, transactionalId: `${settings.group}-${slot}`, member };
}
