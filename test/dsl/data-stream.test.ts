import { expect, test } from 'vitest';
import { json, number, string } from '../../src/core/codec.ts';
import { mapState, valueState } from '../../src/core/state-spec.ts';
import { topic } from '../../src/core/topic.ts';
import { defineTopology, type TopologyBuilder } from '../../src/dsl/define-topology.ts';
import type { FlatMapNode, Graph, GraphNode, Value } from '../../src/graph/nodes.ts';

const numbers = topic('numbers', number);
const words = topic('words', string);

function build(make: (t: TopologyBuilder) => void): Graph {
  return defineTopology({
    name: 'job',
    build: (t) => {
      make(t);
    },
  }).build();
}

function ids(graph: Graph): string[] {
  return [...graph.nodes.keys()];
}

function node<K extends GraphNode['kind']>(graph: Graph, id: string, kind: K): Extract<GraphNode, { kind: K }> {
  const found = graph.nodes.get(id);
  expect(found?.kind).toBe(kind);
  return found as Extract<GraphNode, { kind: K }>;
}

function run(step: FlatMapNode, ...values: readonly Value[]): Value[] {
  const out: Value[] = [];
  for (const value of values) step.transform(value, (result) => out.push(result));
  return out;
}

test('unnamed steps are named by the nearest named one, their word and a count', () => {
  const graph = build((t) => {
    const source = t.source('in', numbers);
    const even = source.filter((value) => value % 2 === 0);
    even.map((value) => value + 1).map((value) => value + 1);
    source.map((value) => value, { id: 'copy' }).map((value) => value);
    source.union(even);
  });
  expect(ids(graph)).toEqual(['in', 'in/filter-1', 'in/map-1', 'in/map-2', 'copy', 'copy/map-1', 'in/union-1']);
});

test('map, filter and flatMap emit what their functions say', () => {
  const graph = build((t) => {
    const source = t.source('in', numbers);
    source.map((value) => value * 2);
    source.filter((value) => value > 1);
    source.flatMap((value) => Array.from({ length: value }, () => value));
    source.flatMap(function* (value) {
      yield value;
      yield -value;
    });
  });
  expect(run(node(graph, 'in/map-1', 'flatMap'), 1, 2)).toEqual([2, 4]);
  expect(run(node(graph, 'in/filter-1', 'flatMap'), 1, 2)).toEqual([2]);
  expect(run(node(graph, 'in/flatMap-1', 'flatMap'), 1, 2)).toEqual([1, 2, 2]);
  expect(run(node(graph, 'in/flatMap-2', 'flatMap'), 1, 2)).toEqual([1, -1, 2, -2]);
});

test('filters forward, so the codec stays; a map to another type has the codec that it is given', () => {
  const graph = build((t) => {
    const source = t.source('in', numbers);
    source.filter((value) => value > 1);
    source.map(String);
    source.map(String, { codec: string });
  });
  expect(node(graph, 'in/filter-1', 'flatMap')).toMatchObject({ forwards: true, codec: number });
  expect(node(graph, 'in/map-1', 'flatMap')).toMatchObject({ forwards: false, codec: undefined });
  expect(node(graph, 'in/map-2', 'flatMap')).toMatchObject({ forwards: false, codec: string });
});

test('a Promise from a synchronous step is refused when it comes', () => {
  const later = <T>(value: T): T => Promise.resolve(value) as T; // what a plain JavaScript user can do
  const graph = build((t) => {
    const source = t.source('in', numbers);
    source.map((value) => later(value));
    source.filter((value) => later(value > 1));
    source.flatMap((value) => later([value]));
  });
  for (const id of ['in/map-1', 'in/filter-1', 'in/flatMap-1']) {
    expect(() => run(node(graph, id, 'flatMap'), 1)).toThrow(expect.objectContaining({ code: 'PROMISE_RETURNED' }));
  }
});

test('split sends a value to the first branch that takes it, and the others to the default', () => {
  const graph = build((t) => {
    t.source('in', numbers).split(
      { big: (value) => value > 10, even: (value) => value % 2 === 0 },
      { default: 'rest' },
    );
    t.source('in2', words).split({ long: (value) => value.length > 3 }, { default: 'drop' });
  });
  const values = [1, 2, 11, 12];
  expect(run(node(graph, 'in/big-1', 'flatMap'), ...values)).toEqual([11, 12]);
  expect(run(node(graph, 'in/even-1', 'flatMap'), ...values)).toEqual([2]);
  expect(run(node(graph, 'in/rest-1', 'flatMap'), ...values)).toEqual([1]);
  expect(ids(graph).filter((id) => id.startsWith('in2'))).toEqual(['in2', 'in2/long-1']);
});

test('keyBy makes an exchange for each operator, named by it', () => {
  const graph = build((t) => {
    const keyed = t.source('in', numbers).keyBy((value) => value % 2, { partitions: 8 });
    keyed.reduce('sum', (a, b) => a + b);
    keyed.process('seen', { onElement: () => undefined });
  });
  expect(ids(graph)).toEqual(['in', 'sum-repartition', 'sum', 'seen-repartition', 'seen']);
  const exchange = node(graph, 'sum-repartition', 'repartition');
  expect(exchange).toMatchObject({ inputs: ['in'], codec: number, partitions: 8 });
  expect(exchange.key(3)).toBe(1);
  expect(node(graph, 'sum', 'keyedProcess').inputs).toEqual(['sum-repartition']);
});

test('the exchanges of two inputs are named by what comes through them', () => {
  const graph = build((t) => {
    const left = t.source('left', numbers).map((value) => value, { codec: number });
    const right = t.source('right', words);
    const spec = { onFirst: () => undefined, onSecond: () => undefined };
    left
      .keyBy((value) => value)
      .connect(right.keyBy((value) => value.length))
      .process('join', spec);
    const self = right.keyBy((value) => value);
    self.connect(self).process('pairs', spec);
  });
  expect(node(graph, 'join', 'coProcess').inputs).toEqual(['join-left-repartition', 'join-right-repartition']);
  expect(node(graph, 'pairs', 'coProcess').inputs).toEqual([
    'pairs-right-first-repartition',
    'pairs-right-second-repartition',
  ]);
});

test('keyedByRecordKey marks the source and makes no exchange', () => {
  const graph = build((t) => {
    t.source('in', numbers)
      .filter((value) => value > 1)
      .keyedByRecordKey((value) => value)
      .reduce('sum', (a, b) => a + b);
  });
  expect(ids(graph)).toEqual(['in', 'in/filter-1', 'sum']);
  expect(node(graph, 'in', 'source').keyedBy?.(7)).toBe(7);
});

test('a source is broadcast when it is read as a broadcast stream', () => {
  const graph = build((t) => {
    const rules = t
      .source('rules', words)
      .filter((rule) => rule !== '')
      .broadcast({ rules: mapState(string, string) });
    t.source('in', numbers)
      .connect(rules)
      .process('check', { onElement: () => undefined, onBroadcast: () => undefined });
    t.source('in2', topic('in2', number))
      .keyBy((value) => value)
      .connect(rules)
      .process('check-keyed', {
        state: { last: valueState(number) },
        onElement: () => undefined,
        onBroadcast: () => undefined,
      });
  });
  expect(node(graph, 'rules', 'source').broadcast).toBe(true);
  expect(node(graph, 'in', 'source').broadcast).toBe(false);
  expect(node(graph, 'check', 'broadcastProcess')).toMatchObject({ inputs: ['in', 'rules/filter-1'], keyed: false });
  expect(node(graph, 'check-keyed', 'broadcastProcess')).toMatchObject({
    inputs: ['check-keyed-repartition', 'rules/filter-1'],
    keyed: true,
  });
});

test('side outputs have their own codec and name', () => {
  const graph = build((t) => {
    const result = t.source('in', numbers).process('check', {
      output: number,
      sideOutputs: { late: string },
      onElement: (value, ctx) => {
        ctx.emit(value);
      },
    });
    result.sideOutput('late').sinkTo('late', words);
  });
  expect(node(graph, 'check/late-1', 'sideOutput')).toMatchObject({ inputs: ['check'], name: 'late', codec: string });
});

test('asyncMap keeps its input with the codec of the stream before it', () => {
  const graph = build((t) => {
    const source = t.source('in', numbers);
    source.asyncMap('ask', async (value) => Promise.resolve(String(value)), { output: string });
    source
      .keyBy((value) => value)
      .asyncMap('ask-keyed', async (value) => Promise.resolve(String(value)), {
        output: string,
        mode: 'unordered',
        slots: 2,
        waiting: 0,
        attemptTimeout: '5s',
        onError: { retry: 3, then: 'deadLetter' },
      });
  });
  expect(node(graph, 'ask', 'asyncMap')).toMatchObject({
    mode: 'ordered',
    slots: 16,
    inputCodec: number,
    codec: string,
  });
  expect(node(graph, 'ask-keyed', 'asyncMap')).toMatchObject({
    inputs: ['ask-keyed-repartition'],
    mode: 'unordered',
    slots: 2,
    waiting: 0,
    onError: { kind: 'retry', attempts: 3, then: { kind: 'deadLetter' } },
  });
});

test('records that do not decode become dead letters, other failures stop the job, unless said otherwise', () => {
  const graph = build((t) => {
    t.source('in', numbers)
      .map((value) => value, { onError: 'skip', id: 'copy', codec: number })
      .sinkTo('out', topic('out', number));
    t.source('in2', topic('in2', number), { onError: 'fail', start: 'latest' });
  });
  expect([...graph.nodes.values()].map((step) => [step.id, step.onError.kind])).toEqual([
    ['in', 'deadLetter'],
    ['copy', 'skip'],
    ['out', 'fail'],
    ['in2', 'fail'],
  ]);
  expect(node(graph, 'in2', 'source').start).toBe('latest');
});

test('the same build gives the same ids again', () => {
  const make = (t: TopologyBuilder): void => {
    const source = t.source('in', numbers);
    source
      .union(
        source.filter((value) => value > 1),
        source.map((value) => value),
      )
      .map((value) => json().name + String(value));
  };
  expect(ids(build(make))).toEqual(ids(build(make)));
});
