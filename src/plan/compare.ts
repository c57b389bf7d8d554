/**
 * What changed between the build that wrote some state and this one. Adding is compatible; what was stored and would now
 * be lost or misread is not. Rows of an older codec version are migrated when they are read.
 */
import type { Manifest, OperatorManifest, StateManifest } from './manifest.ts';

export interface Difference {
  readonly operator: string;
  readonly change: string;
  readonly compatible: boolean;
}

/** Differences in order of operator ids; none: the state fits. */
export function compare(before: Manifest, after: Manifest): readonly Difference[] {
  const pairs = pair(before.operators, after.operators, ({ id }) => id);
  return pairs.flatMap(([id, old, now]) => {
    if (old === undefined) return difference(id, 'was added', true);
    if (now === undefined) return difference(id, 'was removed, with its state', false);
    return operatorDifferences(old, now);
  });
}

function operatorDifferences(old: OperatorManifest, now: OperatorManifest): readonly Difference[] {
  const { id } = now;
  // Another kind of operator reads other state: comparing it in detail would say the same many times.
  if (old.kind !== now.kind) return difference(id, `was ${old.kind}, is ${now.kind}`, false);
  const counted = old.partitions !== undefined && now.partitions !== undefined;
  const moved =
    counted && old.partitions !== now.partitions
      ? difference(id, `had ${String(old.partitions)} partitions, has ${String(now.partitions)}`, false)
      : [];
  const respread =
    moved.length === 0 && old.spread !== undefined && now.spread !== undefined && old.spread !== now.spread
      ? difference(id, `had its keys in ${String(old.spread)} partitions, has them in ${String(now.spread)}`, false)
      : [];
  const states = pair(old.state, now.state, ({ name }) => name).flatMap(([name, stored, wanted]) => {
    if (stored === undefined) return difference(id, `state '${name}' was added`, true);
    if (wanted === undefined) return difference(id, `state '${name}' was removed`, false);
    return stateDifferences(id, stored, wanted);
  });
  return [...moved, ...respread, ...states];
}

function stateDifferences(id: string, stored: StateManifest, wanted: StateManifest): readonly Difference[] {
  const state = `state '${wanted.name}'`;
  if (stored.kind !== wanted.kind) return difference(id, `${state} was ${stored.kind}, is ${wanted.kind}`, false);
  const keys =
    stored.keyCodec === wanted.keyCodec
      ? []
      : difference(id, `${state} had keys of ${String(stored.keyCodec)}, has ${String(wanted.keyCodec)}`, false);
  if (stored.codec !== wanted.codec) {
    return [...keys, ...difference(id, `${state} held ${stored.codec}, holds ${wanted.codec}`, false)];
  }
  if (stored.version === wanted.version) return keys;
  const change = `${state} goes from ${stored.codec} v${String(stored.version)} to v${String(wanted.version)}`;
  return [...keys, ...difference(id, change, stored.version < wanted.version)];
}

function difference(operator: string, change: string, compatible: boolean): readonly [Difference] {
  return [{ operator, change, compatible }];
}

/** Entries of two lists by name, sorted; undefined where a list has none. */
function pair<T>(
  before: readonly T[],
  after: readonly T[],
  nameOf: (entry: T) => string,
): readonly (readonly [name: string, before: T | undefined, after: T | undefined])[] {
  const [old, now] = [before, after].map((list) => new Map(list.map((entry) => [nameOf(entry), entry])));
  const names = [...new Set([...old!.keys(), ...now!.keys()])].sort();
  return names.map((name) => [name, old!.get(name), now!.get(name)]);
}
