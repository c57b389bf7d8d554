import { contract, defineTopology, valueState } from '../../../src/index.ts';
import { bidTopic, isBid } from '../bids.ts';
import { Bid } from '../events.ts';
import type { Query } from '../query.ts';

const most = 10;

/** Highest price first, among equals the earlier first. */
interface TopBids {
  readonly bids: readonly Bid[];
}

const TopBids = contract<TopBids>({
  type: 'record',
  name: 'TopBids',
  fields: [{ name: 'bids', type: { type: 'array', items: Bid.schema } }],
});

interface RankedBid {
  readonly bid: Bid;
  /** From 1. */
  readonly rank: number;
}

const events = bidTopic(Bid);

/** The ten highest bids of each auction: a new one of them is emitted with those that it moved down. */
export const q19: Query<RankedBid> = {
  topology: (results) =>
    defineTopology({
      name: 'q19',
      build(t) {
        t.source('events', events)
          .filter(isBid)
          .keyBy((bid) => bid.auction)
          .process('top-bids', {
            state: { top: valueState(TopBids.withEncoding('avro')) },
            output: results.codec,
            onElement(bid, ctx) {
              const before = ctx.state.top.get()?.bids ?? [];
              const index = placeOf(bid, before);
              if (index === most) return;
              const bids = before.slice(0, most - 1);
              bids.splice(index, 0, bid);
              ctx.state.top.set({ bids });
              for (let i = index; i < bids.length; i++) ctx.emit({ bid: bids[i]!, rank: i + 1 });
            },
          })
          .sinkTo('results', results);
      },
    }),
  fields({ bid, rank }, checksum) {
    checksum.integer(bid.auction).integer(rank).integer(bid.bidder).integer(bid.price).integer(bid.date_time);
  },
};

function placeOf(bid: Bid, bids: readonly Bid[]): number {
  let index = bids.length;
  while (index > 0 && bids[index - 1]!.price < bid.price) index--;
  return index;
}
