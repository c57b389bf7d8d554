import { defineTopology } from '../../../src/index.ts';
import { bidTopic, isBid } from '../bids.ts';
import { Bid } from '../events.ts';
import type { Query } from '../query.ts';

const events = bidTopic(Bid);

/** Every bid, unchanged. */
export const q0: Query<Bid> = {
  topology: (results) =>
    defineTopology({
      name: 'q0',
      build(t) {
        t.source('events', events).filter(isBid).sinkTo('results', results);
      },
    }),
  fields(bid, checksum) {
    checksum.integer(bid.auction).integer(bid.bidder).integer(bid.price).integer(bid.date_time);
    checksum.integer(bid.extra.length);
  },
};
