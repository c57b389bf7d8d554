import { resolve } from 'node:path';
import { StreamError } from '../../core/stream-error.ts';
import { HealthMonitor } from '../../observability/health-monitor.ts';
import { silentLogger } from '../../observability/logger.ts';
import { MetricsRegistry } from '../../observability/metrics-registry.ts';
import type { Command, CommandCall } from '../command.ts';
import { exitCodes } from '../exit-code.ts';
import { openJobSession, placeOf, type JobSession } from '../session.ts';

export const savepointCommand: Command = {
  name: 'savepoint',
  summary: 'Copies one consistent cut of a job into an empty folder; on Kafka of a stopped job.',
  positionals: ['<job>', '<folder>'],
  settings: [
    'data',
    'state',
    'durability',
    'partitions',
    'kafka.brokers',
    'kafka.group.id',
    'kafka.transaction.timeout',
  ],
  examples: [
    'run-topology savepoint pipeline ./savepoints/2026-01-01',
    'run-topology savepoint aggregation ./savepoints/2026-01-01 --kafka localhost:9092',
  ],
  async run(call) {
    const { args, io, engine } = call;
    const [job = '', target = ''] = args.positionals;
    const to = resolve(io.cwd, target);
    const session = await openJobSession(call, job);
    const { settings, job: config, topics } = session.configuration;
    if (settings['kafka.brokers'] !== undefined) {
      await engine.savepoint({ module: session.module, config, settings, topics, to, io });
    } else if (!(await askForIt(call, session, to))) {
      await startForIt(call, session, to);
    }
    await io.stdout.write(args.values.has('json') ? `${JSON.stringify({ savepoint: to })}\n` : `Savepoint in ${to}\n`);
    return exitCodes.done;
  },
};

/** Asks the job that runs in the folder; false: none does. */
async function askForIt({ engine, io }: CommandCall, session: JobSession, to: string): Promise<boolean> {
  const folder = await engine.openFolder({ ...placeOf(session), io });
  try {
    await folder.ask('savepoint', { folder: to });
    return true;
  } catch (error) {
    if (!StreamError.is(error) || error.code !== 'NOT_RUNNING') throw error;
    return false;
  } finally {
    await folder.close();
  }
}

/** A job that does not run is started, brought to a cut, and stopped again. */
async function startForIt({ engine, io }: CommandCall, session: JobSession, to: string): Promise<void> {
  const { configuration, data, module } = session;
  const job = await engine.run({
    module,
    config: configuration.job,
    settings: configuration.settings,
    topics: configuration.topics,
    data,
    files: undefined,
    live: undefined,
    signal: new AbortController().signal,
    logger: silentLogger,
    metrics: new MetricsRegistry(),
    health: new HealthMonitor(io.clock),
    io,
  });
  try {
    await job.savepoint(to);
  } finally {
    await job.close();
  }
}
