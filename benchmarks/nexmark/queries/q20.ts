import { defineTopology, listState, taggedUnion, topic, valueState } from '../../../src/index.ts';
import type { Decoded } from '../../../src/index.ts';
import { Auction, Bid, inputTopic } from '../events.ts';
import type { Query } from '../query.ts';

const Event = taggedUnion('Event', 'type', { bid: Bid, auction: Auction, person: null });
type Event = Decoded<typeof Event>;
const events = topic(inputTopic, Event);

interface BidOnAuction {
  readonly bid: Bid;
  readonly auction: Auction;
}

/** Bids with their auctions of category 10: a join over the whole history. */
export const q20: Query<BidOnAuction> = {
  topology: (results) =>
    defineTopology({
      name: 'q20',
      build(t) {
        const { bids, auctions } = t
          .source('events', events)
          .split({ bids: isBid, auctions: isAuction }, { default: 'drop' });
        auctions
          .keyBy((auction) => auction.id)
          .connect(bids.keyBy((bid) => bid.auction))
          .process('bids-with-auctions', {
            state: { auction: valueState(Auction.withEncoding('avro')), pending: listState(Bid.withEncoding('avro')) },
            output: results.codec,
            onFirst(auction, ctx) {
              ctx.state.auction.set(auction);
              if (isWanted(auction)) for (const bid of ctx.state.pending.get()) ctx.emit({ bid, auction });
              ctx.state.pending.clear();
            },
            onSecond(bid, ctx) {
              const auction = ctx.state.auction.get();
              if (auction === undefined) ctx.state.pending.add(bid);
              else if (isWanted(auction)) ctx.emit({ bid, auction });
            },
          })
          .sinkTo('results', results);
      },
    }),
  fields({ bid, auction }, checksum) {
    checksum.integer(bid.auction).integer(bid.bidder).integer(bid.price).integer(bid.date_time);
    checksum.integer(auction.seller).integer(auction.initial_bid).integer(auction.reserve).integer(auction.expires);
  },
};

function isWanted(auction: Auction): boolean {
  return auction.category === 10;
}

function isBid(event: Event): event is Extract<Event, { readonly type: 'bid' }> {
  return event !== null && event.type === 'bid';
}

function isAuction(event: Event): event is Extract<Event, { readonly type: 'auction' }> {
  return event !== null && event.type === 'auction';
}
