import { contract, defineTopology } from '../../../src/index.ts';
import { bidTopic, isBid } from '../bids.ts';
import type { Query } from '../query.ts';

interface AuctionPrice {
  readonly auction: number;
  readonly price: number;
}

const AuctionPrice = contract<AuctionPrice>({
  type: 'record',
  name: 'AuctionPrice',
  fields: [
    { name: 'auction', type: 'long' },
    { name: 'price', type: 'long' },
  ],
});

const events = bidTopic(AuctionPrice);

/** The bids on every 123rd auction. */
export const q2: Query<AuctionPrice> = {
  topology: (results) =>
    defineTopology({
      name: 'q2',
      build(t) {
        t.source('events', events)
          .filter(isBid)
          .filter((bid) => bid.auction % 123 === 0)
          .sinkTo('results', results);
      },
    }),
  fields(bid, checksum) {
    checksum.integer(bid.auction).integer(bid.price);
  },
};
