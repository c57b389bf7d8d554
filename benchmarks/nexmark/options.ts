import { parseArgs } from 'node:util';
import { StreamError } from '../../src/index.ts';
import type { StateKind } from './run-query.ts';
import { queries } from './queries.ts';

export const usage = `npm run bench -- nexmark --input FILE [options]
  --input FILE       events as JSON lines (npm run bench -- nexmark-data > FILE)
  --query q3,q17     default: all
  --state heap       or leveldb, or both: heap,leveldb. Default: heap
  --commit-ms 1000   commit linger and interval
  --state-mib 256    bound of the state cache of leveldb
  --runs 3           timed runs, of which the median is told
  --warm 2           runs before them in the same process, not counted
  --json             a JSON line per query and kind of state`;

export interface NexmarkOptions {
  readonly input: string;
  readonly queries: readonly string[];
  readonly states: readonly StateKind[];
  readonly commitMs: number;
  readonly stateMiB: number;
  readonly runs: number;
  readonly warm: number;
  readonly json: boolean;
}

/** Fails with USAGE. */
export function parseOptions(args: readonly string[]): NexmarkOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      input: { type: 'string' },
      query: { type: 'string', default: [...queries.keys()].join(',') },
      state: { type: 'string', default: 'heap' },
      'commit-ms': { type: 'string', default: '1000' },
      'state-mib': { type: 'string', default: '256' },
      runs: { type: 'string', default: '3' },
      warm: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
    },
  });
  return {
    input: values.input ?? wrong('--input is missing'),
    queries: values.query.split(',').map((name) => (queries.has(name) ? name : wrong(`there is no query '${name}'`))),
    states: values.state.split(',').map(stateKind),
    commitMs: whole(values['commit-ms'], 1, '--commit-ms'),
    stateMiB: whole(values['state-mib'], 1, '--state-mib'),
    runs: whole(values.runs, 1, '--runs'),
    warm: whole(values.warm, 0, '--warm'),
    json: values.json,
  };
}

function stateKind(text: string): StateKind {
  return text === 'heap' || text === 'leveldb' ? text : wrong(`there is no kind of state '${text}'`);
}

function whole(text: string, least: number, option: string): number {
  const value = Number(text);
  return Number.isInteger(value) && value >= least ? value : wrong(`${option} is '${text}'`);
}

function wrong(reason: string): never {
  throw new StreamError('USAGE', reason, { remedy: usage });
}
