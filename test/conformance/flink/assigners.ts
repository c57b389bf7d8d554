/** Sources that tell event time from their elements. */
import { json, monotonousTimestamps, topic, watermarkStrategy, type TopologyBuilder } from '../../../src/index.ts';
import type { Operator } from './operators.ts';
import { results } from './observe.ts';
import type { Element } from './stimuli.ts';

type Watermarks<T> = ReturnType<typeof watermarkStrategy<Element<T>>>;

const assigned = <T>(watermarks: Watermarks<T>): Operator => {
  const port = topic('port1', json<Element<T>>('stimulus'));
  return (t: TopologyBuilder) => results(t.source('port1', port, { watermarks }).flatMap(({ value }) => [value]));
};

/** The time of the last element less one, with each slice of records: there is no tick. */
const monotonous = assigned<number>(monotonousTimestamps(({ value }) => value));

/** Elements that say themselves whether event time has got to them. */
const punctuated = assigned<readonly [boolean, number]>(
  watermarkStrategy({
    timestamp: ({ value: [, time] }) => time,
    generator() {
      let said = -Infinity;
      return {
        onTimestamp(time, { value: [complete] }) {
          if (complete) said = time;
        },
        current: () => said,
      };
    },
  }),
);

export interface Assigner {
  readonly operator: Operator;
  /** Watermarks come as soon as they can here, and not with the next tick of a clock: only their order is the same. */
  readonly inSequence: boolean;
}

/** By the id of the case. */
export const assigners: Readonly<Record<string, Assigner>> = {
  'flink/TimestampsAndWatermarksOperatorTest.punctuatedWatermarksEmitImmediatelyStreamMode': {
    operator: punctuated,
    inSequence: false,
  },
  'flink/TimestampsAndWatermarksOperatorTest.periodicWatermarksEmitOnPeriodicEmitStreamMode': {
    operator: monotonous,
    inSequence: true,
  },
};

/** The same for cases about the end of the input. */
export const endingAssigners: Readonly<Record<string, Operator>> = {
  'flink/TimestampsAndWatermarksOperatorTest.longMaxInputWatermarkIsForwarded': monotonous,
};
