/** All bids on auctions of category 10, with all there is to know. Either side may come first. */
import { defineTopology, json, listState, valueState } from '../../../../src/index.ts';
import { rows } from '../../result-topics.ts';
import { auction, bid, eventsOf, isAuction, isBid, type Auction, type Bid } from '../events.ts';

export const q20 = defineTopology({
  name: 'q20',
  build(t) {
    const events = eventsOf(t);
    events
      .filter(isAuction)
      .filter(({ category }) => category === 10)
      .keyBy(({ id }) => id)
      .connect(events.filter(isBid).keyBy(({ auction }) => auction))
      .process('pairs', {
        state: { auction: valueState(auction), bids: listState(bid) },
        output: json<object>('row'),
        onFirst(auction, ctx) {
          ctx.state.auction.set(auction);
          for (const bid of ctx.state.bids.get()) ctx.emit(pair(bid, auction));
        },
        onSecond(bid, ctx) {
          ctx.state.bids.add(bid);
          const auction = ctx.state.auction.get();
          if (auction !== undefined) ctx.emit(pair(bid, auction));
        },
      })
      .sinkTo('rows', rows);
  },
});

function pair(bid: Bid, auction: Auction): object {
  const { type: _bid, date_time: bid_date_time, extra: bid_extra, ...ofBid } = bid;
  const { type: _auction, id: _id, date_time: auction_date_time, extra: auction_extra, ...ofAuction } = auction;
  return { ...ofBid, bid_date_time, bid_extra, ...ofAuction, auction_date_time, auction_extra };
}
