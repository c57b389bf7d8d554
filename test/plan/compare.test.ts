import { expect, test } from 'vitest';
import { compare } from '../../src/plan/compare.ts';
import type { Manifest, OperatorManifest, StateManifest } from '../../src/plan/manifest.ts';

const value: StateManifest = { name: 'last', kind: 'value', codec: 'Frame', version: 2 };
const map: StateManifest = { name: 'seen', kind: 'map', codec: 'number', version: 1, keyCodec: 'string' };
const merge: OperatorManifest = { id: 'merge', kind: 'coProcess', state: [value, map], partitions: 4, spread: 4 };

function manifest(...operators: readonly OperatorManifest[]): Manifest {
  return { format: 1, operators };
}

function differences(before: Manifest, after: Manifest): string[] {
  return compare(before, after).map(
    ({ operator, change, compatible }) => `${compatible ? 'ok' : 'no'} ${operator} ${change}`,
  );
}

test('equal manifests have no differences', () => {
  expect(differences(manifest(merge), manifest(merge))).toEqual([]);
});

test('operators and states may be added', () => {
  const added = { ...merge, id: 'added' };
  const more = { ...merge, state: [...merge.state, { ...value, name: 'more' }] };
  expect(differences(manifest(merge), manifest(added, more))).toEqual([
    'ok added was added',
    "ok merge state 'more' was added",
  ]);
});

test('operators and states may not be removed', () => {
  expect(differences(manifest(merge), manifest())).toEqual(['no merge was removed, with its state']);
  expect(differences(manifest(merge), manifest({ ...merge, state: [map] }))).toEqual([
    "no merge state 'last' was removed",
  ]);
});

test.each<[Partial<OperatorManifest>, string]>([
  [{ kind: 'keyedProcess' }, 'no merge was coProcess, is keyedProcess'],
  [{ partitions: 8, spread: 8 }, 'no merge had 4 partitions, has 8'],
  [{ spread: 2 }, 'no merge had its keys in 4 partitions, has them in 2'],
  [{ state: [{ ...value, kind: 'list' }, map] }, "no merge state 'last' was value, is list"],
  [{ state: [{ ...value, codec: 'Box' }, map] }, "no merge state 'last' held Frame, holds Box"],
  [{ state: [value, { ...map, keyCodec: 'number' }] }, "no merge state 'seen' had keys of string, has number"],
  [{ state: [{ ...value, version: 3 }, map] }, "ok merge state 'last' goes from Frame v2 to v3"],
  [{ state: [{ ...value, version: 1 }, map] }, "no merge state 'last' goes from Frame v2 to v1"],
])('a change to %j is a difference', (change, expected) => {
  expect(differences(manifest(merge), manifest({ ...merge, ...change }))).toEqual([expected]);
});

test('partition counts are compared only where both are known', () => {
  const { partitions: _, spread: __, ...planned } = merge;
  const { spread: _unsaid, ...older } = merge;
  expect(differences(manifest(merge), manifest(planned))).toEqual([]);
  expect(differences(manifest(older), manifest({ ...merge, spread: 2 }))).toEqual([]);
});
