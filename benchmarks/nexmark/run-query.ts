/** One run of one query: the job from its first record to its end. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StreamError, embedded, leveldb, memory, memoryLog, run, topic } from '../../src/index.ts';
import type { Codec } from '../../src/index.ts';
import { benchmarkLog } from './benchmark-log.ts';
import { Checksum } from './checksum.ts';
import { inputTopic } from './events.ts';
import type { Lines } from './lines.ts';
import type { AnyQuery } from './queries.ts';

export type StateKind = 'heap' | 'leveldb';

export interface QueryRun {
  readonly seconds: number;
  /** User and system time of all threads of the process. */
  readonly cpuSeconds: number;
  readonly resultCount: number;
  readonly checksum: number;
  /** From the beginning of each commit to its end; the next epoch runs beside it. */
  readonly commitMs: readonly number[];
  /** How long each commit kept records from being processed. */
  readonly pauseMs: readonly number[];
}

export interface QueryRunOptions {
  readonly lines: Lines;
  readonly state: StateKind;
  readonly commitMs: number;
  /** Bound of the state cache, if it is not to be the engine's default. */
  readonly stateMiB?: number;
}

/** The clocks start when the first record is asked for and stop when the job has ended, its last commit included. */
export async function runQuery(
  query: AnyQuery,
  { lines, state, commitMs, stateMiB }: QueryRunOptions,
): Promise<QueryRun> {
  const checksum = new Checksum();
  const folder = await mkdtemp(join(tmpdir(), 'millrace-nexmark-'));
  const durations: number[] = [];
  const pauses: number[] = [];
  let started = 0;
  let cpuBefore = process.cpuUsage();
  const onFirstFetch = (): void => {
    cpuBefore = process.cpuUsage();
    started = performance.now();
  };
  try {
    const topology = query.topology(topic('results', countingCodec(query, checksum)));
    const base = state === 'heap' ? memoryLog() : embedded(folder);
    const job = await run(topology, {
      log: benchmarkLog(base, { topic: inputTopic, lines, onFirstFetch }),
      state: state === 'heap' ? memory() : leveldb(),
      partitions: 1,
      exchange: 'direct',
      bounded: true,
      ...(stateMiB === undefined ? {} : { memory: { stateBytes: stateMiB * 1024 * 1024 } }),
      commit: { linger: commitMs, interval: commitMs },
      restart: { attempts: 0 },
      onCommit: (durationMs, pauseMs) => {
        durations.push(durationMs);
        pauses.push(pauseMs);
      },
    });
    await job.finished;
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(cpuBefore);
    const { recordsIn, deadLetters } = job.status;
    if (recordsIn !== lines.count || deadLetters > 0) {
      const reason = `${recordsIn} of ${lines.count} records were read, ${deadLetters} of them could not be decoded`;
      throw new StreamError('DECODE_FAILED', reason, { job: job.name });
    }
    return {
      seconds,
      cpuSeconds: (user + system) / 1e6,
      resultCount: checksum.count,
      checksum: checksum.sum,
      commitMs: durations,
      pauseMs: pauses,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Results end here: each is counted and hashed when the sink encodes it, and no bytes are written. */
function countingCodec(query: AnyQuery, checksum: Checksum): Codec<unknown> {
  return {
    name: 'result',
    version: 1,
    encode(value) {
      query.fields(value, checksum);
      checksum.end();
    },
    decode() {
      throw new StreamError('UNSUPPORTED', 'results are not read back');
    },
  };
}
