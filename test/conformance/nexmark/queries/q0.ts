/** All bids. */
import { defineTopology } from '../../../../src/index.ts';
import { rows } from '../../result-topics.ts';
import { bidsOf } from '../events.ts';
import { pick } from '../pick.ts';

export const q0 = defineTopology({
  name: 'q0',
  build(t) {
    bidsOf(t)
      .map((bid) => pick(bid, 'auction', 'bidder', 'price', 'date_time'))
      .sinkTo('rows', rows);
  },
});
