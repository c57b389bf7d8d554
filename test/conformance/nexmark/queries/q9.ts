/** The winning bid of each auction. */
import { defineTopology } from '../../../../src/index.ts';
import { table } from '../../result-topics.ts';
import { pick } from '../pick.ts';
import { winningBids } from '../winning-bids.ts';

export const q9 = defineTopology({
  name: 'q9',
  build(t) {
    winningBids(t, (a, b) => a.price > b.price || (a.price === b.price && a.date_time < b.date_time))
      .map(({ auction, bid }) => {
        const { type: _type, extra: _extra, ...item } = auction;
        const row = { ...item, ...pick(bid, 'auction', 'bidder', 'price'), bid_date_time: bid.date_time };
        return { key: String(auction.id), row };
      })
      .sinkTo('table', table);
  },
});
