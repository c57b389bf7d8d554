/** Reads committed state and changes nothing: what operators keep and how much, or the values of one key. */
import { keyText, partitionOf } from '../core/partitioner.ts';
import { prefixEnd, type Store } from '../core/store.ts';
import { StreamError } from '../core/stream-error.ts';
import { traitsOf } from '../graph/node-traits.ts';
import { nodeOf } from '../graph/walk.ts';
import { storedOperators } from '../state/job-rows.ts';
import type { StoredOperator } from '../state/operator-meta.ts';
import { levelState } from '../state/leveldb/level-state.ts';
import { rowPrefix, tagOf } from '../state/row-keys.ts';
import { didYouMean } from './config/nearest.ts';
import type { OpenFolder } from './open-folder.ts';

export interface StateSummary {
  readonly operator: string;
  readonly state: string;
  readonly kind: string;
  readonly partitions: number;
  /** Approximate, on disk. */
  readonly bytes: number;
}

export interface StateReport {
  readonly states: readonly StateSummary[];
  /** Values by state name, when a key was asked for; without the states that hold nothing for it. */
  readonly values?: Readonly<Record<string, unknown>>;
}

export interface StateQuestion {
  readonly job: string;
  readonly operator?: string | undefined;
  readonly key?: string | undefined;
}

export async function inspectState(folder: OpenFolder, { job, operator, key }: StateQuestion): Promise<StateReport> {
  const { store } = folder;
  if (store === undefined) throw new StreamError('UNSUPPORTED', 'this job keeps its state in memory', { job });
  const states = await summaries(store, job);
  if (operator === undefined) return { states };
  const own = states.filter((summary) => summary.operator === operator);
  if (own.length === 0) throw noSuchOperator(job, operator, states);
  if (key === undefined) return { states: own };
  const [stored] = (await storedOperators(store, job)).filter((candidate) => candidate.operator === operator);
  return { states: own, values: valuesOf(folder, store, stored!, key, own) };
}

async function summaries(store: Store, job: string): Promise<readonly StateSummary[]> {
  const found = new Map<string, StateSummary>();
  for (const { operator, partition, states } of await storedOperators(store, job)) {
    for (const [state, { layout }] of Object.entries(states)) {
      const prefix = rowPrefix(tagOf(job, operator, state), partition);
      const bytes = await store.size({ from: prefix, to: prefixEnd(prefix) });
      const id = JSON.stringify([operator, state]);
      const before = found.get(id) ?? { operator, state, kind: layout, partitions: 0, bytes: 0 };
      found.set(id, { ...before, partitions: before.partitions + 1, bytes: before.bytes + bytes });
    }
  }
  return [...found.values()].sort((a, b) => (a.operator + a.state < b.operator + b.state ? -1 : 1));
}

function valuesOf(
  { plan, clock }: OpenFolder,
  store: Store,
  { operator, keyType }: StoredOperator,
  key: string,
  states: readonly StateSummary[],
): Readonly<Record<string, unknown>> {
  if (plan?.graph.nodes.has(operator) !== true) {
    throw new StreamError('GRAPH_CHANGED', `this build has no operator ${JSON.stringify(operator)}`, {
      remedy: 'Its state can be read by the build that wrote it.',
    });
  }
  const partitions = Math.max(...states.map((state) => state.partitions));
  const backend = levelState(store);
  const task = backend.openTask(
    { job: plan.graph.job, subTopology: operator, partition: partitionOf(keyText(key), partitions) },
    { processingTime: () => clock.now(), eventTime: () => -Infinity },
  );
  const rows = task.operator(operator, traitsOf(nodeOf(plan.graph, operator)).state);
  rows.setKey(keyType === 'number' ? Number(key) : key);
  const values = Object.entries(rows.handles).map(([name, handle]) => [name, valueOf(handle)] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

/** Maps as pairs, since their keys may be numbers; the others are what they are. */
function valueOf(handle: unknown): unknown {
  if (isIterable(handle)) {
    const entries = [...handle.entries()];
    return entries.length === 0 ? undefined : entries;
  }
  const value = (handle as { get(): unknown }).get(); // value, list, reducing and aggregating handles have one
  return Array.isArray(value) && value.length === 0 ? undefined : value;
}

function isIterable(handle: unknown): handle is { entries(): IterableIterator<unknown> } {
  return typeof handle === 'object' && handle !== null && 'entries' in handle;
}

function noSuchOperator(job: string, operator: string, states: readonly StateSummary[]): StreamError {
  const names = [...new Set(states.map((state) => state.operator))];
  const known = names.length === 0 ? 'The job has not kept any yet.' : `There is state of: ${names.join(', ')}.`;
  return new StreamError('USAGE', `no state is kept by ${JSON.stringify(operator)}.${didYouMean(operator, names)}`, {
    job,
    remedy: known,
  });
}
