/** Least, greatest, sum, number and mean of the counters, of all or by group. */
import { defineTopology, json, type Aggregator, type Topology } from '../../../../src/index.ts';
import { table, type Change } from '../../result-topics.ts';
import { impulsesOf, type Impulse } from '../impulses.ts';

interface Numbers {
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly count: number;
}

const numbers: Aggregator<Impulse, Numbers, object> = {
  create: () => ({ min: Number.MAX_VALUE, max: -Number.MAX_VALUE, sum: 0, count: 0 }),
  add: ({ counter }, { min, max, sum, count }) => ({
    min: Math.min(min, counter),
    max: Math.max(max, counter),
    sum: sum + counter,
    count: count + 1,
  }),
  result: (all) => ({ ...all, avg: all.sum / all.count }),
};

/** `group`: fields that name the group of an event, in the result too. */
export function aggregates(
  group: (impulse: Impulse) => Readonly<Record<string, number>>,
): Topology<Readonly<Record<string, never>>> {
  return defineTopology({
    name: 'aggregates',
    build(t) {
      impulsesOf(t)
        .keyBy((impulse) => JSON.stringify(group(impulse)))
        .aggregate('numbers', numbers, {
          accumulator: json<Numbers>('numbers'),
          output: json<Change>('change'),
          result: (row, key) => ({ key, row: { ...(JSON.parse(key) as object), ...row } }),
        })
        .sinkTo('table', table);
    },
  });
}
