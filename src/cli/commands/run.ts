/** `run <job>`: wires files or the embedded log to the job, shows progress, and ends it well (see job-ending.ts). */
import { toMs, type Duration } from '../../core/duration.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { JobHandle } from '../../job/options.ts';
import { HealthMonitor } from '../../observability/health-monitor.ts';
import { serveHttp, type HttpServer } from '../../observability/http-server.ts';
import type { Logger } from '../../observability/logger.ts';
import { LoopMonitor } from '../../observability/loop-monitor.ts';
import { MetricsRegistry } from '../../observability/metrics-registry.ts';
import type { Command, CommandCall } from '../command.ts';
import { exitCodes, type ExitCode } from '../exit-code.ts';
import { fileWiring, type FileWiring } from '../file-wiring.ts';
import { JobEnding } from '../job-ending.ts';
import { jobLogger } from '../job-logger.ts';
import { LiveLine } from '../live-line.ts';
import { liveRecords } from '../live-records.ts';
import { Progress } from '../progress.ts';
import { openJobSession, type JobSession } from '../session.ts';

export const runCommand: Command = {
  name: 'run',
  summary: 'Runs a job until its input ends or it is stopped.',
  positionals: ['<job>'],
  options: [
    {
      name: 'input',
      value: '[SOURCE=]FILE',
      multiple: true,
      help: 'JSON lines instead of the embedded log; - is standard input.',
    },
    { name: 'output', value: '[SINK=]FILE', multiple: true, help: 'Where results go; - is standard output.' },
    { name: 'force', help: 'Replace output files that exist.' },
    { name: 'for', value: 'DURATION', help: 'Drain and stop after this long, like 20s.' },
    { name: 'commit-ms', value: 'N', help: 'Commit every N milliseconds (sets commit.linger and commit.interval).' },
  ],
  settings: [
    'data',
    'state',
    'durability',
    'workers',
    'partitions',
    'http',
    'log.level',
    'kafka.brokers',
    'kafka.group.id',
    'kafka.group.instance.id',
    'kafka.auto.offset.reset',
    'kafka.processing.guarantee',
    'registry.url',
  ],
  examples: [
    'run-topology task-generation --input frames.jsonl --output tasks.jsonl',
    'zcat frames.gz | run-topology task-generation --input - --output - | head',
    'run-topology aggregation --input detections=d.jsonl --input assessments=a.jsonl --output merged=m.jsonl',
    'run-topology pipeline --json --for 20s',
    'run-topology aggregation --kafka broker-1:9092,broker-2:9092',
    'run-topology ./my-job.ts --set minObjects=3 --workers 2 --http 8080',
  ],
  run: runJob,
};

async function runJob(call: CommandCall): Promise<ExitCode> {
  const { args, io, engine } = call;
  const session = await openJobSession(call, args.positionals[0]!);
  const { job: config, settings } = session.configuration;
  if (args.values.has('kafka') && (args.values.has('input') || args.values.has('output'))) {
    throw new StreamError('USAGE', 'a job runs between files or on Kafka, not both', {
      remedy: 'Leave out --kafka, or --input and --output.',
    });
  }
  const forMs = limitMs(args.values.get('for')?.at(-1));
  const files = fileWiring(session.module.topology.build(config), {
    inputs: args.values.get('input') ?? [],
    outputs: args.values.get('output') ?? [],
    force: args.values.has('force'),
    folder: io.cwd,
  });

  const line = new LiveLine(io.stderr);
  const logger = jobLogger(call, session, line);
  const metrics = new MetricsRegistry();
  const health = new HealthMonitor(io.clock);
  const loop = new LoopMonitor(io.clock, logger);
  metrics.add(loop);
  const ending = new JobEnding(io, logger);
  const live =
    files === undefined
      ? liveRecords(session.module, {
          json: args.values.has('json'),
          stdout: io.stdout,
          line,
          clock: io.clock,
          onGone: () => ending.drain('standard output was closed'),
        })
      : undefined;
  if (files !== undefined && files.unkept.length > 0) {
    logger.warn(
      `records of these topics are not kept: ${files.unkept.join(', ')} (give --output NAME=FILE to keep them)`,
    );
  }
  let http: HttpServer | undefined;
  try {
    const { data, module } = session;
    const job = await engine.run({
      module,
      config,
      settings,
      topics: session.configuration.topics,
      data,
      files,
      live,
      signal: ending.signal,
      logger,
      metrics,
      health,
      io,
    });
    ending.attach(job, forMs);
    try {
      http = await serveMetrics(session, job, metrics, health, logger);
    } catch (error) {
      await job.close(); // nobody could look after it
      throw error;
    }
    const progress = new Progress({ job, clock: io.clock, metrics, logger, line });
    try {
      await ending.wait(job);
    } finally {
      progress.close();
    }
    summarize(job, files, logger);
    return exitCodes.done;
  } finally {
    ending.close();
    loop.close();
    await http?.close();
    await line.flush();
  }
}

function limitMs(text: string | undefined): number | undefined {
  return text === undefined ? undefined : toMs(text as Duration, '--for'); // toMs checks the text
}

async function serveMetrics(
  session: JobSession,
  job: JobHandle,
  metrics: MetricsRegistry,
  health: HealthMonitor,
  logger: Logger,
): Promise<HttpServer | undefined> {
  const { http } = session.configuration.settings;
  if (http === undefined) return undefined;
  const status = (): unknown => {
    const { error, ...rest } = job.status;
    return { ...rest, error: error === undefined ? null : session.redact.text(error.message), ready: health.ready() };
  };
  const server = await serveHttp({ ...http, metrics, health, status });
  logger.info(`serving /metrics, /livez, /readyz and /status at ${server.url}`);
  return server;
}

function summarize(job: JobHandle, files: FileWiring | undefined, logger: Logger): void {
  const { recordsIn, recordsOut, deadLetters, restarts } = job.status;
  logger.info('done', { recordsIn, recordsOut, deadLetters, ...(restarts === 0 ? {} : { restarts }) });
  if (deadLetters === 0) return;
  const where =
    files === undefined ? `\`run-topology dlq list ${job.name}\` lists them` : `they are in ${files.deadLetters}`;
  logger.warn(`${deadLetters} dead letter${deadLetters === 1 ? '' : 's'}: ${where}`);
}
