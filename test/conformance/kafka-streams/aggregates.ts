/** Aggregates per key, over one stream or over several that share them (cogroup). */
import { defineTopology, json, type Aggregator, type Key, type Topology } from '../../../src/index.ts';
import { entry, output, recordsOf } from './entries.ts';

/** What a record does to the aggregate of its key. */
interface Step<A> {
  readonly key: Key;
  readonly operand: A;
}

/** `sources`: what the values of a topic are as operands. All topics feed one aggregate per key. */
function aggregate<A extends string | number>(
  initial: A,
  sources: Readonly<Record<string, (value: string | number) => A>>,
): Topology<Readonly<Record<string, never>>> {
  const plus: Aggregator<Step<A>, A, A> = {
    create: () => initial,
    add: ({ operand }, a) => ((a as string) + (operand as string)) as A, // numbers add, texts append
    result: (a) => a,
  };
  return defineTopology({
    name: 'aggregate',
    build(t) {
      const [first, ...others] = Object.entries(sources).map(([name, operandOf]) =>
        recordsOf<string | number>(t, name).map(({ key, value }): Step<A> => ({ key, operand: operandOf(value) }), {
          codec: json<Step<A>>('step'),
        }),
      );
      first!
        .union(...others)
        .keyBy(({ key }) => key)
        .aggregate('aggregate', plus, {
          accumulator: json<A>('aggregate'),
          output: entry<unknown>(),
          result: (value, key) => ({ key, value }),
        })
        .sinkTo('output', output);
    },
  });
}

const text = (value: string | number): string => String(value);

/** By the id of the case. */
export const aggregates = {
  'kafka-streams/KGroupedStreamImplTest.shouldAggregateWithDefaultSerdes': aggregate('0', {
    topic: (value) => `+${value}`,
  }),
  'kafka-streams/CogroupedKStreamImplTest.shouldCoGroupStreamsWithDifferentInputTypes': aggregate(0, {
    one: Number,
    two: Number,
  }),
  'kafka-streams/CogroupedKStreamImplTest.shouldCogroupAndAggregateTwoKStreamsWithDistinctKeys': aggregate('', {
    one: text,
    two: text,
  }),
  'kafka-streams/CogroupedKStreamImplTest.testCogroupKeyMixedAggregators': aggregate('0', {
    one: (value) => `-${value}`,
    two: (value) => `+${value}`,
  }),
  'kafka-streams/CogroupedKStreamImplTest.testCogroupWithThreeGroupedStreams': aggregate('', {
    one: text,
    two: text,
    three: text,
  }),
};
