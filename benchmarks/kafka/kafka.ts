/**
 * `npm run bench -- kafka --peers FOLDER [--jobs J1,J2,J3] [--with kafka-streams,kafkajs] [--rounds 3] [--records N]
 * [--guarantee at-least-once]`
 *
 * Runs jobs on a real broker beside other engines: the same records, the same broker, one after another, in rounds.
 * FOLDER has `bench.sh PEER JOB GUARANTEE [options]`, which prints a JSON line per run; what runs our side is
 * benchmarks/kafka-peer.mjs.
 */
import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { StreamError } from '../../src/index.ts';

/** A line of bench.sh, as far as it is looked at here. */
interface PeerRun {
  readonly peer: string;
  readonly job: string;
  readonly records: number;
  readonly recordsPerSec: number;
  readonly cpuSeconds: number;
  readonly cpuSecondsBeforeFirst: number;
  readonly peakRssMiB: number;
  readonly startToFirstSeconds: number;
  readonly incomplete?: boolean;
}

const own = 'millrace';
const entry = fileURLToPath(new URL('../kafka-peer.mjs', import.meta.url));

export async function kafkaPeers(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      peers: { type: 'string' },
      jobs: { type: 'string', default: 'J1,J2,J3' },
      with: { type: 'string', default: 'kafka-streams' },
      rounds: { type: 'string', default: '3' },
      records: { type: 'string', default: '1000000' },
      guarantee: { type: 'string', default: 'exactly-once' },
      json: { type: 'boolean', default: false },
    },
  });
  const { peers } = values;
  if (peers === undefined) {
    throw new StreamError('USAGE', 'bench kafka needs --peers FOLDER', {
      remedy: 'Name the folder with bench.sh, which runs the other engines.',
    });
  }
  const engines = [own, ...values.with.split(',').filter((name) => name !== '')];
  const runs: PeerRun[] = [];
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const job of values.jobs.split(',')) {
      for (const engine of engines) {
        const run = await runOnce(peers, engine, [job, values.guarantee, '--records', values.records]);
        console.error(`round ${String(round)}: ${JSON.stringify(run)}`);
        runs.push(run);
      }
    }
  }
  const rows = summaries(runs, engines);
  console.log(values.json ? JSON.stringify(rows) : tableOf(rows));
}

async function runOnce(peers: string, engine: string, args: readonly string[]): Promise<PeerRun> {
  const peer = engine === own ? 'command' : engine;
  const env = { ...process.env, PEER_NAME: own, PEER_CMD: `${process.execPath} ${entry}` };
  const child = spawn(join(peers, 'bench.sh'), [peer, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  for await (const chunk of child.stdout.setEncoding('utf8') as AsyncIterable<string>) out += chunk;
  const line = out.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) {
    throw new StreamError('IO_FAILED', `bench.sh ${[peer, ...args].join(' ')} printed no result`, {
      remedy: 'Run its setup, and start the broker.',
    });
  }
  return JSON.parse(line) as PeerRun;
}

interface Summary {
  readonly job: string;
  readonly peer: string;
  readonly runs: number;
  readonly recordsPerSecond: number;
  readonly spread: string;
  /** After the first record, microseconds. */
  readonly cpuPerRecord: number;
  readonly rssMiB: number;
  readonly secondsToFirst: number;
  /** Of the engine named first after our own. */
  readonly speedRatio: number | undefined;
  readonly cpuRatio: number | undefined;
}

function summaries(runs: readonly PeerRun[], engines: readonly string[]): readonly Summary[] {
  const jobs = [...new Set(runs.map(({ job }) => job))];
  return jobs.flatMap((job) => {
    const of = (peer: string): readonly PeerRun[] =>
      runs.filter((run) => run.job === job && run.peer === peer && run.incomplete !== true);
    const cpu = (run: PeerRun): number => ((run.cpuSeconds - run.cpuSecondsBeforeFirst) / run.records) * 1e6;
    const rival = of(engines[1] ?? own);
    return engines.map((peer): Summary => {
      const mine = of(peer);
      const speed = mine.map(({ recordsPerSec }) => recordsPerSec);
      return {
        job,
        peer,
        runs: mine.length,
        recordsPerSecond: median(speed),
        spread: `${String(Math.min(...speed))}..${String(Math.max(...speed))}`,
        cpuPerRecord: round(median(mine.map(cpu))),
        rssMiB: median(mine.map(({ peakRssMiB }) => peakRssMiB)),
        secondsToFirst: round(median(mine.map(({ startToFirstSeconds }) => startToFirstSeconds))),
        speedRatio: round(median(speed) / median(rival.map(({ recordsPerSec }) => recordsPerSec))),
        cpuRatio: round(median(mine.map(cpu)) / median(rival.map(cpu))),
      };
    });
  });
}

function tableOf(rows: readonly Summary[]): string {
  const head = [
    `${cpus()[0]?.model ?? 'unknown processor'}, ${String(cpus().length)} cores, Node ${process.version}`,
    '',
  ];
  const lines = rows.map(
    (row) =>
      `${row.job}  ${row.peer.padEnd(16)} ${String(row.recordsPerSecond).padStart(8)}/s (${row.spread})` +
      `  ${row.cpuPerRecord.toFixed(2)} us CPU  ${String(row.rssMiB)} MiB  first after ${String(row.secondsToFirst)} s` +
      `  x${String(row.speedRatio)} speed, x${String(row.cpuRatio)} CPU`,
  );
  return [...head, ...lines].join('\n');
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
