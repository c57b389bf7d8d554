/**
 * The engine that runs jobs in this process. Its parts are loaded when they are asked for: help, config and list need
 * neither LevelDB nor the runtime.
 */
import { join } from 'node:path';
import { serveControl } from '../connectors/embedded/control-socket.ts';
import { StreamError } from '../core/stream-error.ts';
import { builtInJobs, loadTopology, type JobModule } from '../job/load-topology.ts';
import { topicCodecs } from '../job/topic-codecs.ts';
import { makePlan } from '../plan/make-plan.ts';
import type { JobHandle, LogFactory, OpenLog, RunOptions } from '../job/options.ts';
import type { Engine, RestoreRequest, RunRequest, SavepointRequest } from './engine.ts';
import { controlHandlers, localFolder, remoteFolder } from './folder.ts';
import { kafkaOptionsOf } from './kafka-options-of.ts';
import { registryOptionsOf } from './registry-options-of.ts';
import { startPositions } from './start-positions.ts';
import { followTopic } from './topic-reader.ts';

export const systemEngine: Engine = {
  builtInJobs,
  loadTopology,

  async run(request) {
    const [{ run }, { leveldb, memory }] = await Promise.all([
      import('../job/run.ts'),
      import('../job/state-factories.ts'),
    ]);
    const { files, io, settings, module, data, logger } = request;
    const cluster = kafkaOptionsOf(settings, io.cwd);
    const onDisk = leveldb(...(cluster === undefined ? [] : [join(data, 'kafka')]));
    const state = settings.state === 'memory' || files !== undefined ? memory() : onDisk;
    const running: { job?: JobHandle } = {}; // known only after the log has been opened for it
    const log =
      files !== undefined
        ? (await import('./log-of-files.ts')).logOfFiles(files, io, (message) => {
            logger.warn(message);
          })
        : cluster === undefined
          ? await embeddedLog(request, running)
          : (await import('../job/log-factories.ts')).kafka(cluster);
    running.job = await run(module.topology, { ...runOptions(request), log: followed(log, request), state });
    return running.job;
  },

  async savepoint(request) {
    const [{ saveStopped }, { kafka }] = await Promise.all([
      import('../job/savepoints/save-stopped.ts'),
      import('../job/log-factories.ts'),
    ]);
    const { settings, io, module, to } = request;
    const log = kafka(kafkaOptionsOf(settings, io.cwd)!);
    await saveStopped(module.topology, { ...savepointOptions(request), log, to });
  },

  async restore(request) {
    const [{ restore }, { embedded, kafka }] = await Promise.all([
      import('../job/savepoints/restore.ts'),
      import('../job/log-factories.ts'),
    ]);
    const { settings, io, data, module, from, force, copiedTopics, onProgress } = request;
    const cluster = kafkaOptionsOf(settings, io.cwd);
    const log = cluster === undefined ? embedded(data, { durability: settings.durability }) : kafka(cluster);
    const { exchange } = settings;
    const options = { ...savepointOptions(request), ...compact({ exchange }) };
    await restore(module.topology, { ...options, log, from, force, copiedTopics, onProgress });
  },

  async openFolder({ data, settings, io: { clock, cwd }, plan }) {
    const { embedded, kafka } = await import('../job/log-factories.ts');
    const cluster = kafkaOptionsOf(settings, cwd);
    if (cluster !== undefined) {
      const open = await kafka(cluster).open({ clock, job: '' });
      return localFolder({ ...open, clock, plan, savepoint: undefined }, () => open.close());
    }
    try {
      const open = await embedded(data, { durability: settings.durability }).open({ clock, job: '' });
      return localFolder({ ...open, clock, plan, savepoint: undefined }, () => open.close());
    } catch (error) {
      if (StreamError.is(error) && isLocked(error)) return remoteFolder(data, error);
      throw error;
    }
  },
};

function isLocked({ code }: StreamError): boolean {
  return code === 'LOG_LOCKED' || code === 'STATE_LOCKED';
}

/** The log in the data folder. While it is open this process answers for the folder: other commands ask it. */
async function embeddedLog(request: RunRequest, running: { readonly job?: JobHandle }): Promise<LogFactory> {
  const { data, settings, config, module, io } = request;
  const { embedded } = await import('../job/log-factories.ts');
  const factory = embedded(data, { durability: settings.durability });
  return {
    kind: factory.kind,
    async open(context) {
      const open = await factory.open(context);
      const plan = makePlan(module.topology.build(config));
      const savepoint = async (folder: string): Promise<void> => running.job?.savepoint(folder);
      const control = await serveControl(data, controlHandlers({ ...open, clock: io.clock, plan, savepoint }));
      return {
        ...open,
        async close() {
          await control.close();
          await open.close();
        },
      };
    },
  };
}

function runOptions(request: RunRequest): RunOptions<unknown> {
  const { config, settings, files, io, module, signal, metrics, health, logger } = request;
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
    warmUps: compact({
      acceptableLag: settings['kafka.acceptable.recovery.lag'],
      most: settings['kafka.max.warmup.replicas'],
    }),
    restart,
    onWarning: (message) => {
      logger.warn(message);
    },
    ...startOption(request),
    ...compact({
      group: settings['kafka.group.id'],
      instance: settings['kafka.group.instance.id'],
      sessionTimeout: settings['kafka.session.timeout'],
      standbys: settings['kafka.num.standby.replicas'],
      transactionTimeout: settings['kafka.transaction.timeout'],
      replicas: settings['kafka.replication.factor'],
      partitionDiscovery: settings['kafka.partition.discovery.interval'],
      exchange: settings.exchange,
    }),
    ...codingOf(request),
    ...generatedOf(module, config),
  };
}

/** Files hold JSON lines, whatever the settings say of topics. */
function codingOf({ files, topics, settings, io }: RunRequest): Pick<RunOptions<unknown>, 'topics' | 'registry'> {
  return files === undefined ? { topics, ...compact({ registry: registryOptionsOf(settings, io.cwd) }) } : {};
}

function startOption({ settings, module, config }: RunRequest): Pick<RunOptions<unknown>, 'start'> {
  const text = settings['kafka.auto.offset.reset'];
  return text === undefined ? {} : { start: startPositions(text, module.topology.build(config)) };
}

function savepointOptions({ module, config, settings, topics, io }: SavepointRequest | RestoreRequest) {
  return {
    config,
    topics,
    clock: io.clock,
    partitions: settings.partitions,
    ...generatedOf(module, config),
    ...compact({
      group: settings['kafka.group.id'],
      replicas: settings['kafka.replication.factor'],
      transactionTimeout: settings['kafka.transaction.timeout'],
    }),
  };
}

function generatedOf(
  { exports, topology }: JobModule,
  config: RunRequest['config'],
): Pick<RunOptions<unknown>, 'generated'> {
  const generated = exports['generatedTopics'];
  if (typeof generated !== 'function') return {};
  return { generated: (generated as GeneratedTopics)(topology.configure(config)) };
}

type GeneratedTopics = (config: unknown) => NonNullable<RunOptions<unknown>['generated']>;

/** The same log; what is committed to the topic of the live view is handed on until the log is closed. */
function followed(factory: LogFactory, request: RunRequest): LogFactory {
  const { live, io, logger } = request;
  if (live === undefined) return factory;
  return {
    kind: factory.kind,
    async open(context): Promise<OpenLog> {
      const open = await factory.open(context);
      const stop = new AbortController();
      const { topic, onRecord } = live;
      const plan = makePlan(request.module.topology.build(request.config));
      const codec = (await topicCodecs(plan, codingOf(request)))(topic);
      const show = (bytes: Buffer): void => {
        onRecord(codec.decode(bytes, 0, bytes.length));
      };
      const stopped = (error: unknown): void => {
        if (!stop.signal.aborted) logger.warn('the live view stopped', { error });
      };
      const following = followTopic(open.log, topic.name, {
        clock: io.clock,
        signal: stop.signal,
        onRecord: ({ value }) => {
          const missing = codec.prepare?.(value, 0, value.length);
          if (missing === undefined) show(value);
          else missing.then(show.bind(undefined, Buffer.from(value))).catch(stopped);
        },
      }).catch(stopped);
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

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the entries that are undefined: an option that is there counts as given. */
function compact<T extends object>(options: T): Defined<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Defined<T>;
}
