/**
 * `PEERS=FOLDER npm run acceptance -- flink [--queries q3,q17] [--states heap,leveldb] [--events N] [--runs 3] [--warm 2]`:
 * the Nexmark queries here and in Flink, in turns on the same file. PEERS is the folder that holds flink/run.sh, which
 * builds Flink's side and the file; PEERS_BUILD is where (default: millrace-peers in the temporary folder).
 *
 * Prints both sides and the ratio of events per CPU second. Exit code 1 when a result differs or a floor is missed.
 */
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { expected } from '../../benchmarks/nexmark/expected.ts';
import { StreamError } from '../../src/index.ts';

const execute = promisify(execFile);

type State = 'heap' | 'leveldb';

/** Least ratio to Flink, by events per CPU second: heap state beside its hashmap, LevelDB beside its RocksDB. */
const floors: Readonly<Record<State, Readonly<Record<string, number>>>> = {
  heap: { q0: 0.5, q1: 0.5, q2: 0.5, q3: 0.5, q17: 0.5, q18: 1, q19: 1, q20: 0.8 },
  leveldb: { q3: 0.6, q17: 2, q18: 1.2, q19: 2, q20: 1 },
};

/** What both engines tell of a query; see benchmarks/nexmark/measure.ts. */
interface Line {
  readonly resultCount: number;
  readonly checksum: number;
  readonly eventsPerSec: number;
  readonly eventsPerCpuSec: number;
  readonly peakRssMiB: number;
  /** Exit code of a run that failed. */
  readonly error?: number;
}

interface Options {
  readonly events: string;
  readonly runs: string;
  readonly warm: string;
}

export async function flinkAcceptance(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      queries: { type: 'string' },
      states: { type: 'string', default: 'heap,leveldb' },
      events: { type: 'string', default: '2000000' },
      runs: { type: 'string', default: '3' },
      warm: { type: 'string', default: '2' },
    },
  });
  const peers = process.env['PEERS'];
  if (peers === undefined) throw new StreamError('USAGE', 'PEERS does not name the folder of the peers');
  const build = process.env['PEERS_BUILD'] ?? join(tmpdir(), 'millrace-peers');
  const input = join(build, 'flink', 'data', `nexmark-${values.events}-10000.jsonl`);
  let missed = 0;
  console.log(
    'query state     millrace     Flink  (k events per CPU second)  ratio  floor  peak RSS MiB, wall clock ratio',
  );
  for (const state of values.states.split(',') as State[]) {
    for (const query of values.queries?.split(',') ?? Object.keys(floors[state])) {
      const floor = floors[state][query];
      if (floor === undefined) continue;
      const theirs = await runFlink(join(peers, 'flink'), build, query, state, values);
      const ours = await runOurs(input, query, state, values);
      const held = tell({ query, state, floor, events: Number(values.events), ours, theirs });
      if (!held) missed++;
    }
  }
  console.log(missed === 0 ? 'every floor holds' : `${missed} floors missed`);
  if (missed > 0) process.exitCode = 1;
}

async function runFlink(folder: string, build: string, query: string, state: State, options: Options): Promise<Line> {
  const { stdout } = await execute(join(folder, 'run.sh'), {
    cwd: folder,
    env: {
      ...process.env,
      PEERS_BUILD: build,
      QUERIES: query,
      BACKENDS: state === 'heap' ? 'hashmap' : 'rocksdb',
      CKPTS: '1000',
      EVENTS: options.events,
      RUNS: options.runs,
      WARM: options.warm,
    },
  });
  return lastLine(stdout);
}

async function runOurs(input: string, query: string, state: State, { runs, warm }: Options): Promise<Line> {
  const main = ['--import', 'tsx', 'benchmarks/main.ts', 'nexmark', '--json'];
  const values = { input, query, state, 'commit-ms': '1000', runs, warm };
  const options = Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]);
  const { stdout } = await execute(process.execPath, [...main, ...options]);
  return lastLine(stdout);
}

function lastLine(output: string): Line {
  return JSON.parse(output.trim().split('\n').at(-1)!) as Line;
}

interface Comparison {
  readonly query: string;
  readonly state: State;
  readonly floor: number;
  readonly events: number;
  readonly ours: Line;
  readonly theirs: Line;
}

/** Prints a row; false: the floor is missed. */
function tell({ query, state, floor, events, ours, theirs }: Comparison): boolean {
  const name = `${query.padEnd(5)} ${state.padEnd(7)}`;
  if (theirs.error !== undefined) {
    console.log(`${name} Flink ended with exit code ${theirs.error}`);
    return false;
  }
  const right = expected(query, events) ?? theirs;
  if (ours.resultCount !== right.resultCount || ours.checksum !== right.checksum) {
    console.log(`${name} DIFFERENT RESULTS: ${ours.resultCount}, ${ours.checksum} instead of ${JSON.stringify(right)}`);
    return false;
  }
  const ratio = ours.eventsPerCpuSec / theirs.eventsPerCpuSec;
  const wall = (ours.eventsPerSec / theirs.eventsPerSec).toFixed(2);
  const speeds = [ours, theirs].map((line) => String(Math.round(line.eventsPerCpuSec / 1000)).padStart(8)).join('  ');
  const held = ratio >= floor;
  const verdict = held ? 'holds ' : 'MISSED';
  const memory = `${ours.peakRssMiB} : ${theirs.peakRssMiB}`;
  console.log(`${name} ${speeds}  ${ratio.toFixed(2)}x  floor ${floor}x ${verdict}  ${memory}, wall ${wall}x`);
  return held;
}
