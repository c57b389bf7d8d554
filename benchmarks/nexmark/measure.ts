/** Several runs of one query in this process, told as one line. */
import { cpus, totalmem } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { StreamError } from '../../src/index.ts';
import { readLines } from './lines.ts';
import { inputTopic } from './events.ts';
import { queries } from './queries.ts';
import { runQuery, type QueryRun, type StateKind } from './run-query.ts';

export interface MeasureOptions {
  readonly input: string;
  readonly query: string;
  readonly state: StateKind;
  readonly commitMs: number;
  readonly stateMiB: number;
  readonly runs: number;
  readonly warm: number;
}

/** The median run, with the others beside it. Field names are shared with the Flink peer. */
export interface Measurement {
  readonly engine: string;
  readonly query: string;
  readonly backend: StateKind;
  readonly checkpointMs: number;
  readonly events: number;
  readonly seconds: number;
  readonly eventsPerSec: number;
  readonly resultCount: number;
  readonly checksum: number;
  readonly cpuSeconds: number;
  readonly eventsPerCpuSec: number;
  /** High-water mark of the whole process: input, warm-ups and all runs. */
  readonly peakRssMiB: number;
  readonly commits: number;
  readonly commitP99Ms: number;
  readonly commitPauseP99Ms: number;
  readonly allSeconds: readonly number[];
  readonly allCpuSeconds: readonly number[];
  readonly node: string;
  readonly machine: string;
}

export async function measure(options: MeasureOptions): Promise<Measurement> {
  const { input, query, state, commitMs, stateMiB, runs, warm } = options;
  const lines = readLines(input, inputTopic);
  const collectGarbage = garbageCollector();
  const timed: QueryRun[] = [];
  for (let i = -warm; i < runs; i++) {
    collectGarbage();
    const result = await runQuery(queries.get(query)!, { lines, state, commitMs, stateMiB });
    if (i >= 0) timed.push(result);
  }
  const median = medianOf(timed);
  const differing = timed.find((other) => other.checksum !== median.checksum);
  if (differing !== undefined) {
    const reason = `two runs of ${query} gave ${differing.checksum} and ${median.checksum}`;
    throw new StreamError('SIMULATION_FAILED', reason, { job: query });
  }
  const events = lines.count;
  return {
    engine: 'millrace',
    query,
    backend: state,
    checkpointMs: commitMs,
    events,
    seconds: round(median.seconds),
    eventsPerSec: Math.round(events / median.seconds),
    resultCount: median.resultCount,
    checksum: median.checksum,
    cpuSeconds: round(median.cpuSeconds),
    eventsPerCpuSec: Math.round(events / median.cpuSeconds),
    peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    commits: median.commitMs.length,
    commitP99Ms: round(percentile99(timed.flatMap((one) => one.commitMs))),
    commitPauseP99Ms: round(percentile99(timed.flatMap((one) => one.pauseMs))),
    allSeconds: timed.map(({ seconds }) => round(seconds)),
    allCpuSeconds: timed.map(({ cpuSeconds }) => round(cpuSeconds)),
    node: process.version,
    machine: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
  };
}

function medianOf(runs: readonly QueryRun[]): QueryRun {
  const sorted = [...runs].sort((a, b) => a.cpuSeconds - b.cpuSeconds);
  return sorted[sorted.length >> 1]!;
}

function percentile99(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

// What one run leaves behind is not to be cleared away in the time of the next.
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
