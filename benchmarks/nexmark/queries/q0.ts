import { defineTopology } from '../../../src/index.ts';
import { bidsOf } from '../bids.ts';
import { Bid } from '../events.ts';
import type { Query } from '../query.ts';

/** Every bid, unchanged. */
export const q0: Query<Bid> = {
  topology: (results) =>
    defineTopology({
      name: 'q0',
      build(t) {
        bidsOf(t, Bid).sinkTo('results', results);
      },
    }),
  fields(bid, checksum) {
    checksum.integer(bid.auction).integer(bid.bidder).integer(bid.price).integer(bid.date_time);
    checksum.integer(bid.extra.length);
  },
};
