import { expect, test } from 'vitest';
import { json, number, string } from '../../src/core/codec.ts';
import type { Duration } from '../../src/core/duration.ts';
import { mapState, valueState } from '../../src/core/state-spec.ts';
import { topic } from '../../src/core/topic.ts';
import { count } from '../../src/dsl/aggregators.ts';
import { defineTopology, type TopologyBuilder } from '../../src/dsl/define-topology.ts';
import type { DataStream } from '../../src/dsl/streams.ts';

const numbers = topic('numbers', number);
const words = topic('words', string);
const out = topic('out', number);

/** The mistakes of a topology, a line each. */
function mistakes(make: (t: TopologyBuilder) => void, name = 'job'): string[] {
  try {
    defineTopology({
      name,
      build: (t) => {
        make(t);
      },
    }).build();
    return [];
  } catch (error) {
    expect(error).toMatchObject({ code: 'GRAPH_INVALID', reaction: 'fail-job' });
    const lines = (error as Error).message.split('\n').slice(1);
    return lines.map((line) => line.trim().replace(/\.$/, ''));
  }
}

const cases: readonly [string, (t: TopologyBuilder) => void, string][] = [
  [
    'an id used twice',
    (t) => {
      t.source('in', numbers).sinkTo('in', out);
    },
    'in: this id is used twice. Give every source, operator and sink an id of its own',
  ],
  [
    'two sinks of one id',
    (t) => {
      const source = t.source('in', numbers);
      source.sinkTo('out', out);
      source.sinkTo('out', topic('out2', number));
    },
    'out: this id is used twice. Give every source, operator and sink an id of its own',
  ],
  [
    'an operator with the id of another one and its exchange',
    (t) => {
      const keyed = t.source('in', numbers).keyBy((value) => value);
      keyed.aggregate('count', count());
      keyed.aggregate('count', count());
    },
    'count: this id is used twice. Give every source, operator and sink an id of its own',
  ],
  [
    'an operator with the id of an exchange',
    (t) => {
      const source = t.source('in', numbers);
      source.keyBy((value) => value).aggregate('count', count());
      source.sinkTo('count-repartition', out);
    },
    'count-repartition: this id is used twice. Give every source, operator and sink an id of its own',
  ],
  [
    'an unusable id',
    (t) => {
      t.source('my source', numbers);
    },
    "my source: is not a usable id. Use letters, digits, '-', '_' and '.', at most 100, beginning with a letter or digit",
  ],
  ['nothing that is read', () => undefined, 'topology: it reads nothing. Begin with t.source(id, topic)'],
  [
    'an exchange without a codec',
    (t) => {
      t.source('in', numbers)
        .map(String)
        .keyBy((value) => value)
        .reduce('last', (_a, b) => b);
    },
    "last: its exchange has no codec for the values. Name it where the values are made: 'in/map-1' takes { codec }",
  ],
  [
    'an asynchronous call without a codec of its inputs',
    (t) => {
      t.source('in', numbers)
        .map(String)
        .asyncMap('ask', async (value) => Promise.resolve(value), { output: string });
    },
    "ask: it keeps inputs while calls run and has no codec for them. Name it where the values are made: 'in/map-1' takes { codec }",
  ],
  [
    'a missing codec of exchange and call only once',
    (t) => {
      t.source('in', numbers)
        .map(String)
        .keyBy((value) => value)
        .asyncMap('ask', async (value) => Promise.resolve(value), { output: string });
    },
    "ask: its exchange has no codec for the values. Name it where the values are made: 'in/map-1' takes { codec }",
  ],
  [
    'an aggregate without codecs',
    (t) => {
      const own = { create: () => 0, add: (_value: number, sum: number) => sum, result: (sum: number) => sum };
      const keyed = t.source('in', numbers).keyBy((value) => value);
      keyed.aggregate('own', own, { output: number } as never);
    },
    'own: its accumulator has no codec. Name one: aggregate(id, aggregator, { accumulator })',
  ],
  [
    'a side output that is not declared',
    (t) => {
      const result = t
        .source('in', numbers)
        .process('check', { sideOutputs: { late: number }, onElement: () => undefined });
      result.sideOutput('early' as 'late');
    },
    "check: side output 'early' is not declared (it declares late). Add 'early' with its codec to sideOutputs",
  ],
  [
    'an unusable name of a side output',
    (t) => {
      t.source('in', numbers).process('check', { sideOutputs: { 'too late': number }, onElement: () => undefined });
    },
    "check: side output 'too late' has no usable name. Use letters, digits, '-', '_' and '.', at most 100, beginning with a letter or digit",
  ],
  [
    'an unusable name of a state',
    (t) => {
      t.source('in', numbers)
        .keyBy((value) => value)
        .process('check', { state: { 'a/b': valueState(number) }, onElement: () => undefined });
    },
    "check: state 'a/b' has no usable name. Use letters, digits, '-', '_' and '.', at most 100, beginning with a letter or digit",
  ],
  [
    'one name for keyed and broadcast state',
    (t) => {
      const rules = t.source('rules', words).broadcast({ last: mapState(string, string) });
      t.source('in', numbers)
        .keyBy((value) => value)
        .connect(rules)
        .process('check', {
          state: { last: valueState(number) },
          onElement: () => undefined,
          onBroadcast: () => undefined,
        });
    },
    "check: 'last' is both keyed and broadcast state. Give them different names",
  ],
  [
    'a broadcast stream with state before it',
    (t) => {
      const rules = t
        .source('rules', words)
        .keyBy((rule) => rule)
        .reduce('newest', (_a, b) => b);
      t.source('in', numbers)
        .connect(rules.broadcast({ rules: mapState(string, string) }))
        .process('check', { onElement: () => undefined, onBroadcast: () => undefined });
    },
    "check: its broadcast input comes from 'newest', which keeps state or changes the key. Write that stream to a compacted topic and broadcast a source of it in another topology",
  ],
  [
    'a stream both broadcast and shared out',
    (t) => {
      const rules = t.source('rules', words);
      rules.sinkTo('copy', topic('copy', string));
      t.source('in', numbers)
        .connect(rules.broadcast({ rules: mapState(string, string) }))
        .process('check', { onElement: () => undefined, onBroadcast: () => undefined });
    },
    "copy: it reads 'rules', which is broadcast to every task. A stream is either broadcast or shared out: read two topics",
  ],
  [
    'a topic read twice',
    (t) => {
      t.source('in', numbers);
      t.source('again', numbers);
    },
    "again: topic 'numbers' is already read by 'in'. Use one source; its stream can be used any number of times",
  ],
  [
    'a topic written with two contracts',
    (t) => {
      const source = t.source('in', numbers);
      source.sinkTo('first', out);
      source.map(String).sinkTo('second', topic('out', string));
    },
    "second: topic 'out' holds string v1 here and number v1 in 'first'. Use one contract per topic",
  ],
  [
    'a topic written that is read',
    (t) => {
      t.source('in', numbers).sinkTo('out', numbers);
    },
    "out: it writes to 'numbers', which 'in' reads: an endless loop. Write to another topic",
  ],
  [
    'an unusable topic name',
    (t) => {
      t.source('in', topic('a b', number));
    },
    "in: 'a b' is not a usable topic name. Use letters, digits, '-', '_' and '.', at most 249",
  ],
  [
    'a topic with the name of an internal one',
    (t) => {
      t.source('in', numbers).sinkTo('out', topic('job-dlq', number));
    },
    "out: topic 'job-dlq' has the name of one that the job keeps for itself. Use another name",
  ],
  [
    'a stream of another topology',
    (t) => {
      let other: DataStream<number> | undefined;
      defineTopology({
        name: 'other',
        build(t2) {
          other = t2.source('in', numbers);
        },
      }).build();
      t.source('in', numbers).union(other!);
    },
    'in/union-1: it is given a stream of another topology. Make all streams of a topology from the `t` of its build function',
  ],
  [
    'something else than a stream',
    (t) => {
      t.source('in', numbers).union({} as DataStream<number>);
    },
    'in/union-1: it is given something that is not a stream. Make all streams of a topology from the `t` of its build function',
  ],
  [
    'keyedByRecordKey behind a step that changes values',
    (t) => {
      const mapped = t.source('in', numbers).map((value) => value, { codec: number });
      (mapped as ReturnType<typeof t.source<number>>).keyedByRecordKey((value) => value).aggregate('count', count());
    },
    'in/map-1: keyedByRecordKey is used on a stream that is not a source. Call it on a source or behind filters of one; use keyBy elsewhere',
  ],
  [
    'two record keys of one source',
    (t) => {
      const source = t.source('in', numbers);
      source.keyedByRecordKey((value) => value).aggregate('count', count());
      source.keyedByRecordKey((value) => -value).aggregate('count2', count());
    },
    'in: is keyedByRecordKey twice. Call it once and use the keyed stream for both',
  ],
  [
    'an async function in a synchronous step',
    (t) => {
      const spec = { onElement: (async () => Promise.resolve()) as unknown as () => undefined };
      t.source('in', numbers).process('check', spec);
    },
    'check: onElement is an async function in a synchronous step. Use asyncMap for calls that take time',
  ],
  [
    'a function that is none',
    (t) => {
      t.source('in', numbers).map('text' as unknown as (value: number) => number);
    },
    'in/map-1: map is not a function. Pass a function as map',
  ],
  [
    'a branch named like the default',
    (t) => {
      t.source('in', numbers).split({ rest: (value) => value > 1 }, { default: 'rest' });
    },
    "in: split names its default like branch 'rest'. Give the default another name",
  ],
  [
    'an unusable name of a branch',
    (t) => {
      t.source('in', numbers).split({ 'too big': (value) => value > 1 }, { default: 'drop' });
    },
    "in: branch 'too big' of its split has no usable name. Use letters, digits, '-', '_' and '.', at most 100, beginning with a letter or digit",
  ],
  [
    'a wrong duration',
    (t) => {
      t.source('in', numbers, { idleAfter: '5 minutes' as Duration });
    },
    `in: idleAfter is "5 minutes". Give milliseconds as a number, or text like '250ms', '10s', '5m', '1h', '7d'`,
  ],
  [
    'a wrong way back',
    (t) => {
      t.source('in', numbers, { start: { duration: 'PT1H' as Duration } });
    },
    `in: start is "PT1H". Give milliseconds as a number, or text like '250ms', '10s', '5m', '1h', '7d'`,
  ],
  [
    'a wrong time to live',
    (t) => {
      t.source('in', numbers)
        .keyBy((value) => value)
        .aggregate('count', count(), { ttl: 0 });
    },
    "count: ttl of 'accumulator' is zero. Give text like '250ms', '10s', '5m'",
  ],
  [
    'idle advance without a duration',
    (t) => {
      t.source('in', numbers, { whenIdle: 'advance' });
    },
    "in: whenIdle 'advance' has no idleAfter. Say after how long without records the stream is idle",
  ],
  [
    'a number out of range',
    (t) => {
      t.source('in', numbers).asyncMap('ask', async (value) => Promise.resolve(value), { output: number, slots: 0 });
    },
    'ask: slots is 0. Give a whole number of at least 1',
  ],
  [
    'a retry without attempts',
    (t) => {
      t.source('in', numbers).map((value) => value, { onError: { retry: 0 } });
    },
    'in/map-1: retry is 0. Give a whole number of at least 1',
  ],
  [
    'different partition counts of inputs that meet',
    (t) => {
      const left = t.source('left', numbers).keyBy((value) => value, { partitions: 4 });
      const right = t.source('right', topic('right', number)).keyBy((value) => value, { partitions: 8 });
      left.connect(right).process('join', { onFirst: () => undefined, onSecond: () => undefined });
    },
    'join: its inputs ask for 4 and 8 partitions. Inputs that meet by key need equal partition counts',
  ],
];

test.each(cases)('reports %s', (_name, make, expected) => {
  expect(mistakes(make)).toEqual([`1. ${expected}`]);
});

test('reports a job that has no usable name', () => {
  const found = mistakes((t) => {
    t.source('in', numbers);
  }, 'my job');
  expect(found).toEqual([
    "1. topology: 'my job' is not a usable name. Use letters, digits, '-', '_' and '.', at most 100, beginning with a letter or digit",
  ]);
});

test('reports all mistakes at once', () => {
  const found = mistakes((t) => {
    const source = t.source('in', numbers);
    source.sinkTo('in', numbers);
    source
      .map((value) => json().name + String(value))
      .keyBy((value) => value)
      .reduce('last one', (_a, b) => b);
  });
  expect(found.map((line) => line.split(':')[0])).toEqual(['1. in', '2. last one', '3. last one', '4. in#2']);
});

test('accepts a source that nothing reads, and a stream used many times', () => {
  expect(
    mistakes((t) => {
      t.source('idle', words);
      const source = t.source('in', numbers);
      source.sinkTo('a', topic('a', number));
      source.sinkTo('b', topic('b', number));
      source.union(source).sinkTo('c', topic('a', number));
    }),
  ).toEqual([]);
});
