/** An asynchronous function whose answers take different times; the results keep the order of the events. */
import { defineTopology, json } from '../../../../src/index.ts';
import { rows } from '../../result-topics.ts';
import { impulsesOf } from '../impulses.ts';

export const asyncUdf = defineTopology({
  name: 'async-udf',
  build(t) {
    impulsesOf(t)
      .asyncMap(
        'negative-double',
        async ({ counter }) => {
          for (let turn = 0; turn < counter % 100; turn++) await Promise.resolve();
          return { counter: -2 * counter };
        },
        { output: json<object>('row') },
      )
      .sinkTo('rows', rows);
  },
});
