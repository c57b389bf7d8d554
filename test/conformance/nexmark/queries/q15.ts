/** Counters of each day. */
import { defineTopology, json } from '../../../../src/index.ts';
import { table, type Change } from '../../result-topics.ts';
import { bidCounterState, countBid } from '../bid-counters.ts';
import { day } from '../calendar.ts';
import { bidsOf } from '../events.ts';

export const q15 = defineTopology({
  name: 'q15',
  build(t) {
    bidsOf(t)
      .keyBy(({ date_time }) => day(date_time))
      .process('counters', {
        state: bidCounterState,
        output: json<Change>('change'),
        onElement(bid, ctx) {
          ctx.emit({ key: ctx.key, row: { day: ctx.key, ...countBid(bid, ctx) } });
        },
      })
      .sinkTo('table', table);
  },
});
