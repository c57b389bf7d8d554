import { expect, test } from 'vitest';
import { partitionOf } from '../../src/core/partitioner.ts';
import { defineTopology, json, mapState, number, topic, valueState } from '../../src/index.ts';
import type { DeadLetterRecord } from '../../src/runtime/dead-letters.ts';
import { letterPlace } from '../../src/runtime/letter-place.ts';
import { layout } from '../../src/plan/layout.ts';
import { makePlan } from '../../src/plan/make-plan.ts';

const text = json<string>('text');
const state = { n: valueState(number) };

/** Stages: read (plain source, and what is joined to it), count (behind an exchange), keyed (a keyed source). */
const plan = makePlan(
  defineTopology({
    name: 'job',
    build(t) {
      const rules = t.source('rules', topic('rules', text)).broadcast({ rules: mapState(text, text) });
      const read = t.source('read', topic('in', text)).map((value) => value, { id: 'trim', codec: text });
      read
        .connect(rules)
        .process('rule', {
          output: text,
          onElement(value, ctx) {
            ctx.emit(value);
          },
          onBroadcast() {},
        })
        .sinkTo('ruled', topic('ruled', text));
      const counted = read
        .keyBy((key) => key)
        .process('count', {
          output: text,
          state,
          onElement(key, ctx) {
            ctx.emit(key);
          },
        });
      counted
        .map((value) => value, { id: 'shout', codec: text })
        .union(t.source('more', topic('more', text)))
        .map((value) => value, { id: 'both', codec: text })
        .sinkTo('out', topic('out', text));
      t.source('keyed', topic('keyed', text, { key: (key) => key }))
        .keyedByRecordKey((key) => key)
        .process('sum', {
          output: text,
          state,
          onElement(key, ctx) {
            ctx.emit(key);
          },
        })
        .sinkTo('sums', topic('sums', text));
    },
  }).build(),
);

const unsaid = undefined as never;
const keys = Array.from({ length: 20 }, (_, i) => `key ${String(i)}`);

function place(operator: string, partitions: number, letter: Partial<DeadLetterRecord> = {}): number | undefined {
  const counts: Record<string, number> = { more: 1, rules: 1 };
  const tasks = layout(plan, (name) => counts[name] ?? partitions, 1);
  return letterPlace(plan, tasks, {
    source: '',
    partition: 0,
    offset: 0,
    job: 'job',
    task: '',
    subTopology: plan.subTopologies.find(({ nodes }) => nodes.includes(operator))?.id ?? operator,
    taskPartition: 1,
    tasks: 2,
    operator,
    input: 0,
    code: '',
    reason: '',
    failedAt: 0,
    raw: '',
    ...letter,
  });
}

test.each(['count', 'shout'])('behind an exchange a letter of %s goes where its key is now', (operator) => {
  for (const key of keys) {
    expect(place(operator, 3, { key, taskPartition: partitionOf(key, 2) })).toBe(partitionOf(key, 3));
    expect(place(operator, 2, { key, taskPartition: partitionOf(key, 2) })).toBe(partitionOf(key, 2));
  }
  expect(place(operator, 3, { taskPartition: partitionOf('', 2) })).toBe(partitionOf('', 3));
  expect(place(operator, 5, { key: 17, input: -1 })).toBe(partitionOf('17', 5));
});

test('an old letter, which does not say how many tasks there were, goes where its key is as well', () => {
  expect(place('count', 3, { key: 'key 1', tasks: unsaid })).toBe(partitionOf('key 1', 3));
  expect(place('keyed', 3, { tasks: unsaid })).toBe(1);
  expect(() => place('keyed', 1, { tasks: unsaid })).toThrow(/UNSUPPORTED.*task 1 belongs/);
});

test.each(['read', 'trim', 'rule'])('in front of exchanges a letter of %s stays with its partition', (operator) => {
  expect(place(operator, 4)).toBe(1);
  expect(place(operator, 1)).toBe(0);
});

test('where keys meet values without one, every task will do, and that of then is taken', () => {
  expect(place('both', 4, { key: 'key 1', taskPartition: 3 })).toBe(3);
  expect(place('both', 2, { key: 'key 1', taskPartition: 3 })).toBe(1);
});

test('behind a keyed source a letter goes where its key is, and one that was not read nowhere', () => {
  for (const key of keys) expect(place('sum', 3, { key })).toBe(partitionOf(key, 3));
  expect(place('sum', 2, { key: 'key 1' })).toBe(partitionOf('key 1', 2));
  expect(place('keyed', 2)).toBe(1);
  expect(() => place('keyed', 3)).toThrow(/UNSUPPORTED.*task 1 of 2 belongs.*3 tasks/);
});

test('of a broadcast each task had its own letter, so there must be as many', () => {
  expect(place('rule', 2, { input: 1 })).toBe(1);
  expect(() => place('rule', 3, { input: 1 })).toThrow(/UNSUPPORTED/);
  const stage = plan.subTopologies.find(({ nodes }) => nodes.includes('rule'))!.id;
  expect(place('rules', 2, { subTopology: stage })).toBe(1);
  expect(() => place('rules', 3, { subTopology: stage })).toThrow(/UNSUPPORTED/);
});

test('a letter of an operator that is gone has no place', () => {
  expect(place('nothing', 2)).toBe(undefined);
  expect(place('count', 2, { subTopology: 'read' })).toBe(undefined);
});
