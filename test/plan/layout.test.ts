import { expect, test } from 'vitest';
import { number, string } from '../../src/core/codec.ts';
import { topic } from '../../src/core/topic.ts';
import { count } from '../../src/dsl/aggregators.ts';
import type { TopologyBuilder } from '../../src/dsl/define-topology.ts';
import { keySpread } from '../../src/plan/key-spread.ts';
import { layout } from '../../src/plan/layout.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import { alerts, build, lines, wordCount, words } from './jobs.ts';

const spec = { onFirst: () => undefined, onSecond: () => undefined };

function counts(
  make: (t: TopologyBuilder) => void,
  topics: Readonly<Record<string, number>>,
  defaultPartitions = 3,
): unknown {
  const { tasks, exchanges } = layout(makePlan(build(make)), (name) => topics[name], defaultPartitions);
  return { tasks: Object.fromEntries(tasks), exchanges: Object.fromEntries(exchanges) };
}

test('a sub-topology has as many tasks as its widest source, an exchange as many partitions as tasks write it', () => {
  expect(counts(wordCount, { lines: 16 })).toEqual({
    tasks: { lines: 16, count: 16 },
    exchanges: { 'count-repartition': 16 },
  });
  const union = (t: TopologyBuilder): void => {
    t.source('lines', lines)
      .map((line) => line.text)
      .union(t.source('words', words));
  };
  expect(counts(union, { lines: 4, words: 8 })).toEqual({ tasks: { lines: 8 }, exchanges: {} });
});

test('partitions that were asked for win, and both sides of a join follow', () => {
  expect(counts(alerts, { lines: 16, words: 2, rules: 1 })).toEqual({
    tasks: { lines: 16, words: 2, join: 6 },
    exchanges: { 'join-lines-repartition': 6, 'join-words-repartition': 6 },
  });
});

test('sides of a join that ask for nothing get the wider one', () => {
  const join = (t: TopologyBuilder): void => {
    t.source('lines', lines)
      .keyBy((line) => line.text)
      .connect(t.source('words', words).keyBy((word) => word))
      .process('join', spec);
  };
  expect(counts(join, { lines: 2, words: 5 })).toMatchObject({
    exchanges: { 'join-lines-repartition': 5, 'join-words-repartition': 5 },
  });
});

test('an exchange that meets a source keyed by its records has its count', () => {
  const join = (t: TopologyBuilder): void => {
    t.source('lines', lines)
      .keyBy((line) => line.text)
      .connect(
        t
          .source('words', words)
          .filter((word) => word !== '')
          .keyedByRecordKey((word) => word),
      )
      .process('join', spec);
  };
  expect(counts(join, { lines: 12, words: 5 })).toEqual({
    tasks: { lines: 12, join: 5 },
    exchanges: { 'join-lines-repartition': 5 },
  });
});

test('sources that meet by record key need equal counts', () => {
  const join = (t: TopologyBuilder): void => {
    t.source('lines', lines)
      .keyedByRecordKey((line) => line.text)
      .connect(t.source('words', words).keyedByRecordKey((word) => word))
      .process('join', spec);
  };
  expect(counts(join, { lines: 5, words: 5 })).toEqual({ tasks: { join: 5 }, exchanges: {} });
  expect(() => counts(join, { lines: 12, words: 5 })).toThrow(
    "TOPIC_MISMATCH in job / join: inputs that meet by key need equal partition counts, but topic 'lines' has 12 and topic 'words' has 5",
  );
});

test('a chain of exchanges carries the width on, also around a ring', () => {
  const numbers = topic('numbers', number);
  const chain = (t: TopologyBuilder): void => {
    t.source('numbers', numbers)
      .keyBy((value) => value)
      .aggregate('first', count())
      .keyBy((value) => value)
      .aggregate('second', count());
  };
  expect(counts(chain, { numbers: 7 })).toMatchObject({ tasks: { second: 7 } });
  const ring = (t: TopologyBuilder): void => {
    const source = t.source('numbers', numbers);
    source.union(source.keyBy((value) => value, { partitions: 9 }).aggregate('sum', count()));
  };
  expect(counts(ring, { numbers: 2 })).toEqual({ tasks: { sum: 9 }, exchanges: { 'sum-repartition': 9 } });
});

test('a topic that does not exist yet gets what it asks for, else the default', () => {
  const asking = (t: TopologyBuilder): void => {
    t.source('in', topic('in', number, { partitions: 11 })).sinkTo('out', topic('out', number));
  };
  expect(counts(asking, {})).toMatchObject({ tasks: { in: 11 } });
  expect(counts(wordCount, {})).toMatchObject({ tasks: { lines: 3 } });
});

test('keys may be spread over fewer partitions than their stage has tasks', () => {
  const mixed = (t: TopologyBuilder): void => {
    t.source('lines', lines)
      .keyBy((line) => line.text, { partitions: 3 })
      .aggregate('count', count())
      .map(() => 'counted', { id: 'told', codec: string })
      .union(t.source('words', words))
      .map((word) => word, { id: 'both', codec: string })
      .sinkTo('out', topic('out', string));
    t.source('keyed', topic('keyed', string))
      .keyedByRecordKey((word) => word)
      .aggregate('total', count())
      .sinkTo('totals', topic('totals', number));
  };
  const plan = makePlan(build(mixed));
  const known = layout(plan, (name) => ({ lines: 2, words: 8, keyed: 5 })[name], 1);
  expect(known.tasks.get('count')).toBe(8);
  const spreads = ['lines', 'count', 'told', 'both', 'keyed', 'total'].map((id) => keySpread(plan, known, id));
  expect(spreads).toEqual([undefined, 3, 3, undefined, 5, 5]);
});
