/** Bids with day and time as text. */
import { defineTopology } from '../../../../src/index.ts';
import { rows } from '../../result-topics.ts';
import { day, hour12, minute } from '../calendar.ts';
import { bidsOf } from '../events.ts';
import { pick } from '../pick.ts';

export const q10 = defineTopology({
  name: 'q10',
  build(t) {
    bidsOf(t)
      .map((bid) => ({
        ...pick(bid, 'auction', 'bidder', 'price', 'date_time'),
        date: day(bid.date_time),
        time: `${hour12(bid.date_time)}:${minute(bid.date_time)}`,
      }))
      .sinkTo('rows', rows);
  },
});
