/**
 * The cases in test/data/conformance: an index of all, and the files of those that run here. Their README says where they
 * come from and what the fields mean.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const folder = new URL('../data/conformance/', import.meta.url);

export interface CaseEntry {
  readonly id: string;
  readonly family: string;
  readonly feature: string;
  readonly portability: 'required' | 'optional' | 'ks-only';
}

/** All of input in, all of result out. */
export interface WholeInputCase extends CaseEntry {
  readonly query: string;
  /** Relative to the case. */
  readonly input: string;
  /** `append`: the rows that were emitted. `final`: the table that is left. */
  readonly mode: 'append' | 'final';
  readonly expected: { readonly ordered: boolean; readonly rows: readonly object[] };
}

export interface StepCase<S> extends CaseEntry {
  readonly query: string;
  readonly steps: readonly S[];
}

export function caseIndex(): readonly CaseEntry[] {
  return JSON.parse(text('index.json')) as readonly CaseEntry[];
}

/** A case by its id: `arroyo/union` is arroyo/cases/union.json, `nexmark-rw/q0` is nexmark/cases/rw_q0.json. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- names the form of the file
export function readCase<C extends CaseEntry>(id: string): C {
  const [group, name] = id.split('/') as [string, string];
  const path = group.startsWith('nexmark-')
    ? `nexmark/cases/${group.slice('nexmark-'.length)}_${name}`
    : `${group}/cases/${name}`;
  return JSON.parse(text(`${path}.json`)) as C;
}

/** The events of a case, in order of arrival. */
export function readInput({ family, input }: WholeInputCase): readonly unknown[] {
  return text(`${family}/cases/${input}`)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

function text(path: string): string {
  const bytes = readFileSync(new URL(path, folder));
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
}
