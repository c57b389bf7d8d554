/** Bids on some auctions. */
import { defineTopology } from '../../../../src/index.ts';
import { rows } from '../../result-topics.ts';
import { bidsOf } from '../events.ts';
import { pick } from '../pick.ts';

const watched = new Set([1007, 1020, 2001, 2019, 2087]);

export const q2 = defineTopology({
  name: 'q2',
  build(t) {
    bidsOf(t)
      .filter(({ auction }) => watched.has(auction))
      .map((bid) => pick(bid, 'auction', 'price'))
      .sinkTo('rows', rows);
  },
});
