/**
 * Bids beside their auction, when they were made while it ran. A bid may come before its auction and waits for it then.
 * Four queries start with it.
 */
import { json, listState, valueState, type DataStream, type TopologyBuilder } from '../../../src/index.ts';
import { auction, bid, eventsOf, isAuction, isBid, type Auction, type Bid } from './events.ts';

export interface ValidBid {
  readonly auction: Auction;
  readonly bid: Bid;
}

export function validBids(t: TopologyBuilder): DataStream<ValidBid> {
  const events = eventsOf(t);
  return events
    .filter(isAuction)
    .keyBy(({ id }) => id)
    .connect(events.filter(isBid).keyBy(({ auction }) => auction))
    .process('valid-bids', {
      state: { auction: valueState(auction), early: listState(bid) },
      output: json<ValidBid>('valid bid'),
      onFirst(auction, ctx) {
        ctx.state.auction.set(auction);
        for (const bid of ctx.state.early.get()) if (isValid(bid, auction)) ctx.emit({ auction, bid });
        ctx.state.early.clear();
      },
      onSecond(bid, ctx) {
        const auction = ctx.state.auction.get();
        if (auction === undefined) ctx.state.early.add(bid);
        else if (isValid(bid, auction)) ctx.emit({ auction, bid });
      },
    });
}

function isValid({ date_time }: Bid, auction: Auction): boolean {
  return date_time >= auction.date_time && date_time <= auction.expires;
}
