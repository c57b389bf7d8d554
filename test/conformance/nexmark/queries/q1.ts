/** Bids in another currency, exact to the last digit. */
import { defineTopology } from '../../../../src/index.ts';
import { rows } from '../../result-topics.ts';
import { bidsOf } from '../events.ts';
import { decimal, euroThousandths } from '../in-euros.ts';
import { pick } from '../pick.ts';

export const q1 = defineTopology({
  name: 'q1',
  build(t) {
    bidsOf(t)
      .map((bid) => ({ ...pick(bid, 'auction', 'bidder', 'date_time'), price: decimal(euroThousandths(bid.price)) }))
      .sinkTo('rows', rows);
  },
});
