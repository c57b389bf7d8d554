import { expect, test } from 'vitest';
import { json, number, string, type Codec } from '../../src/core/codec.ts';
import { listState, mapState, valueState, type StateSpec } from '../../src/core/state-spec.ts';
import { topic } from '../../src/core/topic.ts';
import { layout } from '../../src/plan/layout.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import { manifestOf } from '../../src/plan/manifest.ts';
import { alerts, build, wordCount, words } from './jobs.ts';

/** A job with one stateful operator, and stateless steps around it. */
function fingerprint(
  state: Readonly<Record<string, StateSpec>>,
  options: { id?: string; steps?: number; job?: string } = {},
): string {
  const { id = 'operator', steps = 0, job = 'job' } = options;
  const graph = build((t) => {
    let stream = t.source('words', words).filter((word) => word !== '');
    for (let i = 0; i < steps; i++) stream = stream.filter((word) => word !== String(i));
    stream.keyBy((word) => word).process(id, { state, onElement: () => undefined });
  }, job);
  return makePlan(graph).fingerprint;
}

const state = { a: valueState(string), b: mapState(string, number) };

test('the fingerprint is a digest that does not depend on stateless steps, order, job, versions or times to live', () => {
  const expected = fingerprint(state);
  expect(expected).toMatch(/^[0-9a-f]{64}$/);
  const newer: Codec<string> = { ...string, version: 2 };
  expect(fingerprint(state, { steps: 2 })).toBe(expected);
  expect(fingerprint(state, { job: 'other' })).toBe(expected);
  expect(fingerprint({ b: state.b, a: state.a })).toBe(expected);
  expect(fingerprint({ a: valueState(newer), b: mapState(string, number, { ttl: '5m' }) })).toBe(expected);
});

test('the fingerprint changes with ids, names, kinds and codecs of state', () => {
  const changed = [
    fingerprint(state),
    fingerprint(state, { id: 'renamed' }),
    fingerprint({ a: state.a }),
    fingerprint({ a: state.a, c: state.b }),
    fingerprint({ a: listState(string), b: state.b }),
    fingerprint({ a: valueState(json('Text')), b: state.b }),
    fingerprint({ a: state.a, b: mapState(number, number) }),
  ];
  expect(new Set(changed).size).toBe(changed.length);
});

test('the manifest names what is kept, sorted, with partitions once they are known', () => {
  const graph = build(alerts);
  const plan = makePlan(graph);
  const manifest = manifestOf(graph, { plan, layout: layout(plan, () => 4, 1) });
  expect(JSON.parse(JSON.stringify(manifest))).toEqual({
    format: 1,
    operators: [
      {
        id: 'check',
        kind: 'broadcastProcess',
        partitions: 6,
        state: [{ name: 'rules', kind: 'broadcast', codec: 'string', version: 1, keyCodec: 'string' }],
      },
      {
        id: 'join',
        kind: 'coProcess',
        partitions: 6,
        spread: 6,
        state: [
          { name: 'line', kind: 'value', codec: 'Line', version: 1 },
          { name: 'seen', kind: 'map', codec: 'number', version: 1, keyCodec: 'string' },
        ],
      },
      {
        id: 'translate',
        kind: 'asyncMap',
        partitions: 6,
        state: [{ name: 'calls', kind: 'inFlight', codec: 'string', version: 1 }],
      },
    ],
  });
  expect(manifestOf(build(wordCount)).operators[0]).not.toHaveProperty('partitions');
  expect(manifestOf(build((t) => t.source('in', words).sinkTo('out', topic('out', string)))).operators).toEqual([]);
});
