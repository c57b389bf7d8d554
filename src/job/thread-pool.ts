/**
 * Several workers of one process, a thread each. A worker thread opens Kafka for itself, and reaches any other log through
 * a message port of the job's thread. LevelDB is opened once per thread; where the log keeps the rows it is only read.
 */
import { MessageChannel, Worker as Thread } from 'node:worker_threads';
import type { KafkaOptions } from '../connectors/kafka/kafka-options.ts';
import { serveLog } from '../connectors/log/remote-log.ts';
import { delay, type Clock } from '../core/clock.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import type { Log, TopicPartition } from '../core/log.ts';
import { StreamError, type Reaction } from '../core/stream-error.ts';
import { threadEntry } from '../core/thread-entry.ts';
import { unlessAborted } from '../core/unless-aborted.ts';
import { engineMetrics } from '../observability/engine-metrics.ts';
import type { MetricsSink } from '../observability/metric-family.ts';
import type { MetricReading } from './options.ts';
import type { JobWorkers, WorkersPhase, WorkerTotals } from './job-workers.ts';
import type { PreparedTopics } from './prepare-topics.ts';
import type { FromThread, ToThread, WorkerThreadData } from './worker-messages.ts';

export interface ThreadPoolOptions {
  readonly job: string;
  readonly count: number;
  readonly log: Log;
  /** The log underneath `log`, which keeps the groups. */
  readonly groups: Log;
  readonly clock: Clock;
  /** Data of worker i, without its port. */
  readonly data: (index: number) => Omit<WorkerThreadData, 'log'> & { readonly kafka: KafkaOptions | undefined };
  /** Partitions of the internal topics: a savepoint waits until all of them are empty. */
  readonly exchanges: readonly TopicPartition[];
  readonly group: string;
  readonly onChange: () => void;
  readonly onCommit: (durationMs: number, pauseMs: number) => void;
  readonly onTransaction: (durationMs: number) => void;
  readonly onWarning: (message: string) => void;
}

const familyByName = new Map(Object.values(engineMetrics).map((family) => [family.name, family]));

interface Member {
  readonly thread: Thread;
  totals: WorkerTotals;
  phase: WorkersPhase;
  quiet: boolean;
  /** It has come to its end, and answers no more. */
  ended: boolean;
  readings: readonly MetricReading[];
  /** Monotonic time of the last message, ms: a thread whose loop is stuck does not report. */
  lastReport: number;
}

const nothing: WorkerTotals = {
  recordsIn: 0,
  recordsOut: 0,
  deadLetters: 0,
  restarts: 0,
  tasks: 0,
  restore: { remaining: 0, records: 0, bytes: 0 },
  standbys: { tasks: 0, lag: 0 },
};

/** How often members are asked for their state while the job comes to rest, ms. */
const quietPollMs = 20;

/** How often members report their counters, ms. */
const reportEveryMs = 500;

/** What members of a job that has failed have for leaving their group. Those that are still starting may hear of nothing. */
const leaveWithinMs = 2_000;

export class ThreadPool implements JobWorkers {
  readonly #options: ThreadPoolOptions;
  readonly #members: Member[] = [];
  #stopReports: (() => void) | undefined;
  readonly #aborted = new AbortController();

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
  }

  get totals(): WorkerTotals {
    const restore = { remaining: 0, records: 0, bytes: 0 };
    const sum = {
      recordsIn: 0,
      recordsOut: 0,
      deadLetters: 0,
      restarts: 0,
      tasks: 0,
      restore,
      standbys: nothing.standbys,
    };
    for (const { totals } of this.#members) {
      sum.recordsIn += totals.recordsIn;
      sum.recordsOut += totals.recordsOut;
      sum.deadLetters += totals.deadLetters;
      sum.restarts += totals.restarts;
      sum.tasks += totals.tasks;
      restore.remaining += totals.restore.remaining;
      restore.records += totals.restore.records;
      restore.bytes += totals.restore.bytes;
    }
    return sum;
  }

  get lastTurn(): number | undefined {
    const times = this.#members.map(({ lastReport }) => lastReport);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  collect(sink: MetricsSink): void {
    for (const { readings } of this.#members) {
      for (const { name, labels, value } of readings) {
        const family = familyByName.get(name);
        if (family !== undefined) sink.value(family, value, labels);
      }
    }
  }

  get phase(): WorkersPhase {
    const phases = this.#members.map(({ phase }) => phase);
    for (const phase of ['restarting', 'starting', 'restoring'] as const) if (phases.includes(phase)) return phase;
    return phases.length === 0 ? 'starting' : 'running';
  }

  async run(): Promise<void> {
    const { count } = this.#options;
    const ends = Array.from({ length: count }, (_, index) => this.#start(index));
    this.#scheduleReport();
    try {
      await unlessAborted(this.#aborted.signal, Promise.all(ends));
    } catch (error) {
      this.#broadcast({ type: 'abort' });
      await this.#settled(ends);
      throw error;
    } finally {
      this.#stopReports?.();
      await Promise.all(this.#members.map(({ thread }) => thread.terminate()));
    }
  }

  rescale(prepared: PreparedTopics): void {
    this.#broadcast({ type: 'topics', prepared });
  }

  end(ending: 'drain' | 'close'): void {
    this.#broadcast({ type: 'end', ending });
  }

  abort(reason: unknown): void {
    this.#aborted.abort(reason);
  }

  async quiesce<T>(work: () => Promise<T>): Promise<T> {
    this.#broadcast({ type: 'holdSources', held: true });
    try {
      while (!((await this.#allQuiet()) && (await this.#exchangesEmpty()) && (await this.#allQuiet()))) {
        await delay(this.#options.clock, quietPollMs);
      }
      return await work();
    } finally {
      this.#broadcast({ type: 'holdSources', held: false });
    }
  }

  #start(index: number): Promise<void> {
    const { log, groups, data, job, onChange, onCommit, onTransaction, onWarning } = this.#options;
    const { kafka, ...common } = data(index);
    const { port1, port2 } = new MessageChannel();
    const stopServing = kafka === undefined ? serveLog(log, port1, groups) : () => port1.close();
    const thread = new Thread(entry.code, {
      eval: entry.eval,
      workerData: { ...common, log: kafka === undefined ? { port: port2 } : { kafka } } satisfies WorkerThreadData,
      transferList: kafka === undefined ? [port2] : [],
      name: `millrace-${job}-${String(index)}`,
    });
    const member: Member = {
      thread,
      phase: 'starting',
      quiet: false,
      ended: false,
      readings: [],
      lastReport: this.#options.clock.monotonic(),
      totals: nothing,
    };
    this.#members.push(member);
    return new Promise<void>((resolve, reject) => {
      thread.on('message', (message: FromThread) => {
        switch (message.type) {
          case 'report':
            member.totals = message.totals;
            member.phase = message.phase;
            member.quiet = message.quiet;
            member.readings = message.readings;
            member.lastReport = this.#options.clock.monotonic();
            onChange();
            return;
          case 'commit':
            onCommit(message.durationMs, message.pauseMs);
            return;
          case 'transaction':
            onTransaction(message.durationMs);
            return;
          case 'warning':
            onWarning(message.message);
            return;
          case 'ended':
            member.ended = true;
            resolve();
            return;
          case 'failed':
            reject(failure(message));
            return;
        }
      });
      thread.on('error', (error) => {
        reject(StreamError.from(error, 'WORKER_FAILED', { job }));
      });
      thread.on('exit', (code) => {
        // After `ended` or `failed` this changes nothing.
        reject(
          new StreamError('WORKER_FAILED', `worker thread ${String(index)} exited with code ${String(code)}`, { job }),
        );
      });
    }).finally(stopServing);
  }

  // All of them, unless that takes too long.
  async #settled(ends: readonly Promise<void>[]): Promise<void> {
    const waited = new AbortController();
    const late = delay(this.#options.clock, leaveWithinMs, waited.signal).catch(() => undefined);
    await Promise.race([late, Promise.allSettled(ends)]);
    waited.abort();
  }

  #broadcast(message: ToThread): void {
    for (const { thread } of this.#members) thread.postMessage(message);
  }

  #scheduleReport(): void {
    const timer = this.#options.clock.schedule(reportEveryMs, () => {
      this.#broadcast({ type: 'report' });
      this.#scheduleReport();
    });
    this.#stopReports = () => {
      timer.cancel();
    };
  }

  async #allQuiet(): Promise<boolean> {
    for (const member of this.#members) member.quiet = false;
    this.#broadcast({ type: 'report' });
    await delay(this.#options.clock, quietPollMs);
    return this.#members.every(({ quiet, ended }) => quiet || ended);
  }

  async #exchangesEmpty(): Promise<boolean> {
    const { log, exchanges, group } = this.#options;
    if (exchanges.length === 0) return true;
    const [bounds, committed] = await Promise.all([
      log.topics.bounds(exchanges),
      log.topics.committed(group, exchanges),
    ]);
    return bounds.every(({ end }, i) => (committed[i] ?? 0) >= end);
  }
}

const entry = threadEntry('job/worker-thread');

function failure(message: Extract<FromThread, { type: 'failed' }>): StreamError {
  const prefix = message.code;
  const reason = message.message.startsWith(prefix)
    ? message.message.slice(prefix.length).replace(/^[: ]+/, '')
    : message.message;
  return new StreamError(message.code as ErrorCode, reason, { reaction: message.reaction as Reaction });
}
