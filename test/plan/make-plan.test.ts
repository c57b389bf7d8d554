import { expect, test } from 'vitest';
import { number, string } from '../../src/core/codec.ts';
import { mapState } from '../../src/core/state-spec.ts';
import { topic } from '../../src/core/topic.ts';
import { count } from '../../src/dsl/aggregators.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import { alerts, build, lines, wordCount, words } from './jobs.ts';

test('a stateless job is one sub-topology named by its source', () => {
  const plan = makePlan(build((t) => t.source('lines', lines).sinkTo('copy', topic('copy', lines.codec))));
  expect(plan.subTopologies).toEqual([
    {
      id: 'lines',
      nodes: ['lines', 'copy'],
      sources: ['lines'],
      broadcastSources: [],
      exchangesIn: [],
      exchangesOut: [],
      stateful: false,
    },
  ]);
  expect(plan.exchanges).toEqual([]);
});

test('cuts at an exchange, which stays with its writers', () => {
  const plan = makePlan(build(wordCount));
  expect(plan.subTopologies.map(({ id, nodes, stateful }) => ({ id, nodes, stateful }))).toEqual([
    { id: 'lines', nodes: ['lines', 'lines/flatMap-1', 'count-repartition'], stateful: false },
    { id: 'count', nodes: ['count', 'counts'], stateful: true },
  ]);
  expect(plan.exchanges).toEqual([
    {
      node: 'count-repartition',
      topic: 'job-count-repartition',
      from: 'lines',
      to: 'count',
      codec: string,
      partitions: undefined,
    },
  ]);
});

test('both exchanges of a join lead into one sub-topology; broadcast steps are copied to where they are needed', () => {
  const plan = makePlan(build(alerts));
  expect(
    plan.subTopologies.map(({ id, sources, broadcastSources, exchangesIn }) => [
      id,
      sources,
      broadcastSources,
      exchangesIn,
    ]),
  ).toEqual([
    ['lines', ['lines'], [], []],
    ['words', ['words'], [], []],
    ['join', [], ['rules'], ['join-lines-repartition', 'join-words-repartition']],
  ]);
  expect(plan.subTopologies[2]!.nodes.slice(0, 3)).toEqual(['rules', 'rules/filter-1', 'join']);
  expect(plan.inputTopics.map(({ name }) => name)).toEqual(['rules', 'lines', 'words']);
  expect(plan.outputTopics.map(({ name }) => name)).toEqual(['unknown', 'alerts']);
});

test('a broadcast source joins no sub-topologies: each consumer has its own copy', () => {
  const plan = makePlan(
    build((t) => {
      const rules = t.source('rules', topic('rules', string)).broadcast({ rules: mapState(string, string) });
      const spec = { onElement: () => undefined, onBroadcast: () => undefined };
      t.source('lines', lines).connect(rules).process('a', spec);
      t.source('words', words).connect(rules).process('b', spec);
    }),
  );
  expect(plan.subTopologies.map(({ id, nodes }) => [id, nodes])).toEqual([
    ['a', ['rules', 'lines', 'a']],
    ['b', ['rules', 'words', 'b']],
  ]);
});

test('a union joins the sub-topologies of its inputs', () => {
  const plan = makePlan(
    build((t) => {
      const counts = t
        .source('words', words)
        .keyBy((word) => word)
        .aggregate('count', count());
      t.source('numbers', topic('numbers', number)).union(counts).sinkTo('out', topic('out', number));
    }),
  );
  expect(plan.subTopologies.map(({ id, nodes }) => [id, nodes])).toEqual([
    ['words', ['words', 'count-repartition']],
    ['count', ['count', 'numbers', 'numbers/union-1', 'out']],
  ]);
});

test('an exchange may lead back into the sub-topology that writes it', () => {
  const plan = makePlan(
    build((t) => {
      const source = t.source('numbers', topic('numbers', number));
      source.union(source.keyBy((value) => value).reduce('sum', (a, b) => a + b)).sinkTo('out', topic('out', number));
    }),
  );
  expect(plan.subTopologies).toHaveLength(1);
  expect(plan.exchanges[0]).toMatchObject({ from: 'sum', to: 'sum' });
});

test('keyedByRecordKey needs no exchange', () => {
  const plan = makePlan(
    build((t) =>
      t
        .source('words', words)
        .keyedByRecordKey((word) => word)
        .aggregate('count', count())
        .sinkTo('counts', topic('counts', number)),
    ),
  );
  expect(plan.subTopologies.map(({ id }) => id)).toEqual(['count']);
  expect(plan.exchanges).toEqual([]);
});

test('there is a dead-letter topic when some step writes to it', () => {
  expect(makePlan(build(wordCount)).deadLetterTopic).toBe('job-dlq');
  const failing = build((t) => t.source('words', words, { onError: 'fail' }).sinkTo('copy', topic('copy', string)));
  expect(makePlan(failing).deadLetterTopic).toBeUndefined();
  const retrying = build((t) =>
    t.source('words', words, { onError: 'fail' }).map((word) => word, { onError: { retry: 2, then: 'deadLetter' } }),
  );
  expect(makePlan(retrying).deadLetterTopic).toBe('job-dlq');
});

test('every node is in exactly one sub-topology, except broadcast steps', () => {
  for (const make of [wordCount, alerts]) {
    const graph = build(make);
    const placed = makePlan(graph).subTopologies.flatMap(({ nodes }) => nodes);
    expect([...placed].sort()).toEqual([...graph.nodes.keys()].sort());
  }
});
