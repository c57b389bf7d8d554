/**
 * `npm run simulate -- --seeds N --first-seed S [--topology NAME] [--log kafka|embedded] [--processes P] [--json]`
 *
 * Spreads seeds over the topologies of this folder and over both log shapes, on several processes. A seed always runs the
 * same topology on the same log, so `--seeds 1 --first-seed S` repeats it. Exit code 1 when a model was violated.
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { describeViolation, shrinkViolation } from '../../src/testing/simulate.ts';
import type { LogShape } from '../../src/testing/simulation/scenario.ts';
import { simulatedJobs } from './topologies/index.ts';

interface Summary {
  readonly seeds: number;
  readonly violations: number;
  readonly events: number;
}

const { values: flags } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    'first-seed': { type: 'string', default: '1' },
    topology: { type: 'string' },
    log: { type: 'string' },
    processes: { type: 'string', default: String(Math.min(availableParallelism(), 8)) },
    json: { type: 'boolean', default: false },
    // Of the processes it starts: which seeds of the range are theirs.
    share: { type: 'string' },
  },
});

const seeds = Number(flags.seeds);
const firstSeed = Number(flags['first-seed']);
const say = (line: string): void => void process.stderr.write(`${line}\n`);

function jobOf(seed: number) {
  const named = simulatedJobs.find(({ name }) => name === flags.topology);
  return named ?? simulatedJobs[seed % simulatedJobs.length]!;
}

function logOf(seed: number): LogShape {
  if (flags.log !== undefined) return flags.log as LogShape;
  return Math.floor(seed / simulatedJobs.length) % 2 === 0 ? 'kafka' : 'embedded';
}

async function runShare(share: number, of: number): Promise<Summary> {
  let violations = 0;
  let events = 0;
  let ran = 0;
  for (let seed = firstSeed + share; seed < firstSeed + seeds; seed += of) {
    const job = jobOf(seed);
    const log = logOf(seed);
    const { steps, violation } = await job.run(seed, { log });
    events += steps;
    ran++;
    if (violation === undefined) continue;
    violations++;
    const smaller =
      violations > 3 ? violation : await shrinkViolation(job.topology, { ...job.options, log }, violation);
    const repeat = (failing: number): string =>
      `npm run simulate -- --seeds 1 --first-seed ${failing} --topology ${job.name} --log ${log}`;
    say(`${job.name}, ${describeViolation(smaller, repeat)}\n`);
  }
  return { seeds: ran, violations, events };
}

function runInProcess(share: number, of: number): Promise<Summary> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, [...process.argv.slice(2), '--share', `${share}/${of}`]);
    child.once('message', (summary) => resolve(summary as Summary));
    child.once('error', reject);
    child.once('exit', (code) => reject(new TypeError(`a process ended with code ${code ?? 'none'} before its seeds`)));
  });
}

async function main(): Promise<void> {
  if (flags.topology !== undefined && !simulatedJobs.some(({ name }) => name === flags.topology)) {
    say(`no topology ${flags.topology}; there are ${simulatedJobs.map(({ name }) => name).join(', ')}`);
    process.exitCode = 2;
    return;
  }
  if (flags.share !== undefined) {
    const [share, of] = flags.share.split('/').map(Number);
    process.send?.(await runShare(share!, of!));
    process.disconnect();
    return;
  }
  const start = performance.now();
  const processes = Math.max(1, Math.min(Number(flags.processes), seeds));
  const parts = await Promise.all(Array.from({ length: processes }, (_, share) => runInProcess(share, processes)));
  const total = (of: keyof Summary): number => parts.reduce((sum, part) => sum + part[of], 0);
  const seconds = (performance.now() - start) / 1_000;
  say(
    `${total('seeds')} seeds, ${total('events')} events in ${seconds.toFixed(1)} s: ` +
      `${(total('seeds') / seconds).toFixed(0)} seeds/s, ${(total('events') / seconds).toFixed(0)} events/s`,
  );
  const summary = { seeds: total('seeds'), violations: total('violations') };
  console.log(flags.json ? JSON.stringify(summary) : `${summary.seeds} seeds, ${summary.violations} violations`);
  if (summary.violations > 0) process.exitCode = 1;
}

await main();
