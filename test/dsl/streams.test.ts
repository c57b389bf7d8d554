/** What compiles and what does not. tsc checks the expectations; nothing in here runs but the builds that are meant to. */
import { describe, expect, expectTypeOf, test } from 'vitest';
import { json, number, string } from '../../src/core/codec.ts';
import { listState, mapState, valueState, type MapState, type ValueState } from '../../src/core/state-spec.ts';
import { topic } from '../../src/core/topic.ts';
import { average, count, sum } from '../../src/dsl/aggregators.ts';
import type { TopologyBuilder } from '../../src/dsl/define-topology.ts';
import type { DataStream, KeyedStream } from '../../src/dsl/streams.ts';

interface Hot {
  readonly kind: 'hot';
  readonly camera: number;
  readonly degrees: number;
}
interface Cold {
  readonly kind: 'cold';
  readonly camera: number;
}
type Reading = Hot | Cold;
const Reading = json<Reading>('Reading');
const Hot = json<Hot>('Hot');
const readings = topic('readings', Reading);
const isHot = (value: Reading): value is Hot => value.kind === 'hot';

/** Compiled, not run. */
function compiled(_use: (t: TopologyBuilder) => void): void {
  expect(_use).toBeTypeOf('function');
}

describe('stateless steps', () => {
  test('carry the value type', () => {
    compiled((t) => {
      const stream = t.source('readings', readings);
      expectTypeOf(stream.map((value) => value.camera)).toEqualTypeOf<DataStream<number>>();
      expectTypeOf(stream.flatMap((value) => [value.kind, 1])).toEqualTypeOf<DataStream<number | 'hot' | 'cold'>>();
      expectTypeOf(
        stream.flatMap(function* (value) {
          yield value.camera;
        }),
      ).toEqualTypeOf<DataStream<number>>();
      expectTypeOf(stream.filter((value) => value.camera > 1)).toExtend<DataStream<Reading>>();
      expectTypeOf(stream.map((value) => value.camera).union(stream.map((value) => value.kind))).toEqualTypeOf<
        DataStream<number | 'hot' | 'cold'>
      >();
    });
  });

  test('narrow by type guards', () => {
    compiled((t) => {
      const stream = t.source('readings', readings);
      stream.filter(isHot).map((value) => value.degrees);
      const branches = stream.split({ hot: isHot, near: (value) => value.camera < 3 }, { default: 'rest' });
      expectTypeOf(branches.hot).toEqualTypeOf<DataStream<Hot>>();
      expectTypeOf(branches.near).toEqualTypeOf<DataStream<Reading>>();
      expectTypeOf(branches.rest).toEqualTypeOf<DataStream<Cold>>();
      const dropping = stream.split({ hot: isHot }, { default: 'drop' });
      expectTypeOf(dropping).not.toHaveProperty('drop');
      // @ts-expect-error: no such branch
      expectTypeOf(branches.cold);
      // @ts-expect-error: what happens to the others must be said
      stream.split({ hot: isHot });
    });
  });

  test('refuse functions that return a Promise', () => {
    compiled((t) => {
      const stream = t.source('readings', readings);
      // @ts-expect-error: a Promise belongs in asyncMap
      stream.map(async (value) => Promise.resolve(value.camera));
      // @ts-expect-error: a Promise is truthy, it would take everything
      stream.filter(async () => Promise.resolve(true));
      // @ts-expect-error: a Promise is not iterable
      stream.flatMap(async (value) => Promise.resolve([value.camera]));
      // @ts-expect-error: a Promise is not a key
      stream.keyBy(async (value) => Promise.resolve(value.camera));
      // @ts-expect-error: process is synchronous
      stream.process('later', { onElement: async () => Promise.resolve() });
      // @ts-expect-error: process is synchronous
      stream.keyBy(() => 1).process('later', { onElement: async () => Promise.resolve() });
    });
  });

  test('refuse a sink of another type', () => {
    compiled((t) => {
      const stream = t.source('readings', readings);
      stream.filter(isHot).sinkTo('hot', readings); // every Hot is a Reading
      // @ts-expect-error: a Reading need not be Hot
      stream.sinkTo('hot', topic('hot', Hot));
      // @ts-expect-error: keys are text or numbers
      stream.keyBy((value) => value.kind === 'hot');
    });
  });
});

describe('keyed steps', () => {
  test('type state, key, outputs and side outputs', () => {
    compiled((t) => {
      const keyed = t.source('readings', readings).keyBy((value) => value.camera);
      expectTypeOf(keyed).toEqualTypeOf<KeyedStream<number, Reading>>();
      const result = keyed.process('merge', {
        output: string,
        state: { last: valueState(Reading), seen: mapState(string, number), all: listState(number, { ttl: '5m' }) },
        sideOutputs: { late: Hot },
        onElement(value, ctx) {
          expectTypeOf(value).toEqualTypeOf<Reading>();
          expectTypeOf(ctx.key).toEqualTypeOf<number>();
          expectTypeOf(ctx.state.last).toEqualTypeOf<ValueState<Reading>>();
          expectTypeOf(ctx.state.seen).toEqualTypeOf<MapState<string, number>>();
          ctx.emit('text');
          if (isHot(value)) ctx.output('late', value);
          // @ts-expect-error: the output is text
          ctx.emit(1);
          // @ts-expect-error: not declared
          ctx.output('early', value);
          // @ts-expect-error: a side output of Hot
          ctx.output('late', { kind: 'cold', camera: 1 });
          // @ts-expect-error: no such state
          expectTypeOf(ctx.state.first);
        },
        onTimer(time, ctx) {
          expectTypeOf(ctx.domain).toEqualTypeOf<'event' | 'processing'>();
          ctx.state.last.clear();
          ctx.timers.registerEventTime(time + 1);
        },
      });
      expectTypeOf(result.map((value) => value)).toEqualTypeOf<DataStream<string>>();
      expectTypeOf(result.sideOutput('late')).toEqualTypeOf<DataStream<Hot>>();
      // @ts-expect-error: not declared
      result.sideOutput('early');
    });
  });

  test('emit nothing without an output codec', () => {
    compiled((t) => {
      t.source('readings', readings)
        .keyBy((value) => value.camera)
        .process('quiet', {
          onElement(value, ctx) {
            // @ts-expect-error: no output is declared
            ctx.emit(value);
          },
        });
    });
  });

  test('fold', () => {
    compiled((t) => {
      const keyed = t.source('readings', readings).keyBy((value) => value.camera);
      expectTypeOf(keyed.reduce('last', (_a, b) => b)).toEqualTypeOf<DataStream<Reading>>();
      expectTypeOf(keyed.aggregate('count', count())).toEqualTypeOf<DataStream<number>>();
      expectTypeOf(
        keyed.aggregate(
          'mean',
          average((value) => value.camera),
        ),
      ).toEqualTypeOf<DataStream<number>>();
      const named = keyed.aggregate('named', count(), {
        output: json<{ camera: number; count: number }>('Named'),
        result: (counted, camera) => ({ camera, count: counted }),
      });
      expectTypeOf(named).toEqualTypeOf<DataStream<{ camera: number; count: number }>>();
      const own = {
        create: () => '',
        add: (value: Reading, text: string) => text + value.kind,
        result: (t: string) => t.length,
      };
      expectTypeOf(keyed.aggregate('own', own, { accumulator: string, output: number })).toEqualTypeOf<
        DataStream<number>
      >();
      // @ts-expect-error: accumulator and output have no codecs
      keyed.aggregate('own', own);
      // @ts-expect-error: the field is not a number
      sum((value: Reading) => value.kind);
      // @ts-expect-error: an aggregator of another type of values
      keyed.aggregate('sum', sum<string>(Number));
    });
  });

  test('connect streams of the same key', () => {
    compiled((t) => {
      const left = t.source('readings', readings).keyBy((value) => value.camera);
      const right = t.source('names', topic('names', string));
      const joined = left.connect(right.keyBy((name) => name.length)).process('join', {
        output: string,
        state: { name: valueState(string) },
        onFirst(value, ctx) {
          expectTypeOf(value).toEqualTypeOf<Reading>();
          ctx.emit(ctx.state.name.get() ?? 'nobody');
        },
        onSecond(name, ctx) {
          expectTypeOf(name).toEqualTypeOf<string>();
          ctx.state.name.set(name);
        },
      });
      expectTypeOf(joined.map((value) => value)).toEqualTypeOf<DataStream<string>>();
      // @ts-expect-error: a key of text and one of numbers never meet
      left.connect(right.keyBy((name) => name));
      // @ts-expect-error: the other stream has no key
      left.connect(right);
    });
  });

  test('call asynchronously', () => {
    compiled((t) => {
      const stream = t.source('readings', readings);
      const call = async (value: Reading): Promise<string> => Promise.resolve(value.kind);
      expectTypeOf(stream.asyncMap('ask', call, { output: string })).toEqualTypeOf<DataStream<string>>();
      expectTypeOf(stream.keyBy(() => 1).asyncMap('ask2', call, { output: string })).toEqualTypeOf<
        DataStream<string>
      >();
      // @ts-expect-error: results are kept, so they have a codec
      stream.asyncMap('ask3', call);
    });
  });
});

test('broadcast state is written on one side and read on the other', () => {
  compiled((t) => {
    const rules = t.source('rules', topic('rules', Hot)).broadcast({ limits: mapState(string, number) });
    const stream = t.source('readings', readings);
    const plain = stream.connect(rules).process('check', {
      output: Reading,
      onElement(value, ctx) {
        expectTypeOf(ctx.broadcast.limits.get('a')).toEqualTypeOf<number | undefined>();
        // @ts-expect-error: only onBroadcast writes
        expectTypeOf(ctx.broadcast.limits.set);
        // @ts-expect-error: an unkeyed stream has no timers
        expectTypeOf(ctx.timers);
        ctx.emit(value);
      },
      onBroadcast(rule, ctx) {
        ctx.broadcast.limits.set(rule.kind, rule.degrees);
      },
    });
    expectTypeOf(plain.map((value) => value)).toEqualTypeOf<DataStream<Reading>>();
    stream
      .keyBy((value) => value.camera)
      .connect(rules)
      .process('check-keyed', {
        state: { last: valueState(Reading) },
        sideOutputs: { over: number },
        onElement(value, ctx) {
          expectTypeOf(ctx.key).toEqualTypeOf<number>();
          ctx.state.last.set(value);
          ctx.output('over', ctx.broadcast.limits.get('hot') ?? 0);
        },
        onBroadcast(_rule, ctx) {
          // @ts-expect-error: a broadcast value has no key
          expectTypeOf(ctx.key);
        },
      });
  });
});
