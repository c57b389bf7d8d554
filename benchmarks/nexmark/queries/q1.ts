import { defineTopology } from '../../../src/index.ts';
import { bidTopic, isBid } from '../bids.ts';
import { Bid } from '../events.ts';
import type { Query } from '../query.ts';

interface EuroBid {
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly date_time: number;
  readonly extra: string;
}

const events = bidTopic(Bid);

/** Every bid with its price in another currency. */
export const q1: Query<EuroBid> = {
  topology: (results) =>
    defineTopology({
      name: 'q1',
      build(t) {
        t.source('events', events)
          .filter(isBid)
          .map(({ auction, bidder, price, date_time, extra }) => {
            return { auction, bidder, price: 0.908 * price, date_time, extra };
          })
          .sinkTo('results', results);
      },
    }),
  fields(bid, checksum) {
    checksum.integer(bid.auction).integer(bid.bidder).integer(Math.floor(bid.price)).integer(bid.date_time);
    checksum.integer(bid.extra.length);
  },
};
