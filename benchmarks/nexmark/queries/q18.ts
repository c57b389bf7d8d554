import { defineTopology, valueState } from '../../../src/index.ts';
import { bidTopic, isBid } from '../bids.ts';
import { Bid } from '../events.ts';
import type { Query } from '../query.ts';

const events = bidTopic(Bid);
/** Bidder and auction as one number: faster than a text of both. */
const mostAuctions = 1e9;

/** The last bid of each bidder on each auction, emitted whenever it changes. */
export const q18: Query<Bid> = {
  topology: (results) =>
    defineTopology({
      name: 'q18',
      build(t) {
        t.source('events', events)
          .filter(isBid)
          .keyBy((bid) => bid.bidder * mostAuctions + bid.auction)
          .process('last-bid', {
            state: { last: valueState(Bid.withEncoding('avro')) },
            output: results.codec,
            onElement(bid, ctx) {
              const last = ctx.state.last.get();
              if (last !== undefined && bid.date_time < last.date_time) return;
              ctx.state.last.set(bid);
              ctx.emit(bid);
            },
          })
          .sinkTo('results', results);
      },
    }),
  fields(bid, checksum) {
    checksum.integer(bid.auction).integer(bid.bidder).integer(bid.price).integer(bid.date_time);
    checksum.integer(bid.extra.length);
  },
};
