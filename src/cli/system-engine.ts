/**
 * The engine that runs jobs in this process. Its parts are loaded when they are asked for: help, config and list need
 * neither LevelDB nor the runtime.
 */
import { StreamError } from '../core/stream-error.ts';
import { builtInJobs, loadTopology } from '../job/load-topology.ts';
import type { LogFactory, OpenLog, RunOptions } from '../job/options.ts';
import type { Settings } from './config/settings.ts';
import type { Engine, RunRequest } from './engine.ts';
import { followTopic } from './topic-reader.ts';

export const systemEngine: Engine = {
  builtInJobs,
  loadTopology,

  async run(request) {
    refuseKafka(request.settings);
    const [{ run }, { leveldb, memory }] = await Promise.all([
      import('../job/run.ts'),
      import('../job/state-factories.ts'),
    ]);
    const log = followed(await logFactory(request), request);
    const state = request.settings.state === 'memory' || request.files !== undefined ? memory() : leveldb();
    return run(request.module.topology, { ...runOptions(request), log, state });
  },

  async openLog(data, { clock }) {
    const { embedded } = await import('../job/log-factories.ts');
    return embedded(data).open({ clock, job: '' });
  },
};

async function logFactory({ data, settings, files }: RunRequest): Promise<LogFactory> {
  if (files !== undefined) throw new StreamError('UNSUPPORTED', 'files are not wired yet');
  const { embedded } = await import('../job/log-factories.ts');
  return embedded(data, { durability: settings.durability });
}

function runOptions(request: RunRequest): RunOptions<unknown> {
  const { config, settings, files, io, module, signal, metrics, health, logger } = request;
  const generated = module.exports['generatedTopics'];
  const restart = compact({
    initial: settings['restart.initial'],
    max: settings['restart.max'],
    attempts: settings['restart.attempts'],
  });
  return {
    config,
    signal,
    metrics,
    health,
    clock: io.clock,
    workers: settings.workers,
    module: module.url,
    bounded: files !== undefined,
    partitions: settings.partitions,
    commit: compact({ linger: settings['commit.linger'], interval: settings['commit.interval'] }),
    memory: compact({ stateBytes: settings['memory.stateBytes'], inputBytes: settings['memory.inputBytes'] }),
    restart,
    onWarning: (message) => {
      logger.warn(message);
    },
    ...compact({ group: settings.group, exchange: settings.exchange }),
    ...(typeof generated === 'function'
      ? { generated: (generated as GeneratedTopics)(module.topology.configure(config)) }
      : {}),
  };
}

type GeneratedTopics = (config: unknown) => NonNullable<RunOptions<unknown>['generated']>;

/** The same log; what is committed to the topic of the live view is handed on until the log is closed. */
function followed(factory: LogFactory, { live, io, logger }: RunRequest): LogFactory {
  if (live === undefined) return factory;
  return {
    kind: factory.kind,
    async open(context): Promise<OpenLog> {
      const open = await factory.open(context);
      const stop = new AbortController();
      const { topic, onRecord } = live;
      const following = followTopic(open.log, topic.name, {
        clock: io.clock,
        signal: stop.signal,
        onRecord: ({ value }) => {
          onRecord(topic.codec.decode(value, 0, value.length));
        },
      }).catch((error: unknown) => {
        if (!stop.signal.aborted) logger.warn('the live view stopped', { error });
      });
      return {
        ...open,
        async close() {
          stop.abort();
          await following; // shows what was committed last
          await open.close();
        },
      };
    },
  };
}

function refuseKafka(settings: Settings): void {
  if (settings['kafka.brokers'] === undefined) return;
  throw new StreamError('UNSUPPORTED', 'this version runs on the embedded log only, and kafka.brokers is set', {
    remedy: 'Leave out --kafka and KAFKA_BOOTSTRAP_SERVERS.',
  });
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the entries that are undefined: an option that is there counts as given. */
function compact<T extends object>(options: T): Defined<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Defined<T>;
}
