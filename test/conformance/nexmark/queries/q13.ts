/** Bids beside what a fixed table says. */
import { defineTopology } from '../../../../src/index.ts';
import { rows } from '../../result-topics.ts';
import { bidsOf } from '../events.ts';
import { pick } from '../pick.ts';

const sideTable = new Map(Array.from({ length: 10_000 }, (_, i) => [i, String(i)]));

export const q13 = defineTopology({
  name: 'q13',
  build(t) {
    bidsOf(t)
      .map((bid) => ({
        ...pick(bid, 'auction', 'bidder', 'price', 'date_time'),
        value: sideTable.get(bid.auction % 10_000),
      }))
      .sinkTo('rows', rows);
  },
});
