import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { number } from '../../src/core/codec.ts';
import { topic } from '../../src/core/topic.ts';
import { defineTopology, isTopology, type TopologyBuilder } from '../../src/dsl/define-topology.ts';

const config = z.object({ minimum: z.number().int().min(1).default(2), topic: z.string().default('numbers') });

const topology = defineTopology({
  name: 'job',
  config,
  build(t, { minimum, topic: name }) {
    expectTypeOf(minimum).toEqualTypeOf<number>();
    t.source('in', topic(name, number))
      .filter((value) => value >= minimum)
      .sinkTo('out', topic('out', number));
  },
});

test('the schema fills in what the config leaves out', () => {
  expect(topology.configure({ minimum: 5 })).toEqual({ minimum: 5, topic: 'numbers' });
  expect(topology.build({ topic: 'others' }).nodes.get('in')).toMatchObject({ topic: { name: 'others' } });
});

test('a wrong config is refused with the path of each wrong field', () => {
  const wrong = { minimum: 0, topic: 3 } as unknown as { minimum: number };
  expect(() => topology.build(wrong)).toThrow(/CONFIG_INVALID in job: minimum: .*; topic: /);
});

test('a topology without a schema is built without a config', () => {
  const plain = defineTopology({
    name: 'plain',
    build(t) {
      t.source('in', topic('in', number));
    },
  });
  expect([...plain.build().nodes.keys()]).toEqual(['in']);
});

test('a graph is frozen', () => {
  const graph = topology.build();
  expect(Object.isFrozen(graph)).toBe(true);
  expect([...graph.nodes.values()].every((node) => Object.isFrozen(node))).toBe(true);
});

test('steps cannot be added after the build', () => {
  let kept: TopologyBuilder | undefined;
  const leaking = defineTopology({
    name: 'leaking',
    build(t) {
      kept = t;
      t.source('in', topic('in', number));
    },
  });
  leaking.build();
  expect(() => kept!.source('late', topic('late', number))).toThrow(/added after the topology was built/);
});

test('an asynchronous build is a mistake', () => {
  const build = (async () => Promise.resolve()) as unknown as () => undefined;
  expect(() => defineTopology({ name: 'slow', build }).build()).toThrow(/build returned a Promise/);
});

test('topologies are known by their brand', () => {
  expect(isTopology(topology)).toBe(true);
  expect(isTopology({ ...topology })).toBe(false);
  expect(isTopology(undefined)).toBe(false);
});
