/** How many bids an auction has, again whenever that changes. An auction is there with its first event or bid. */
import { json, valueState, type DataStream, type TopologyBuilder } from '../../../src/index.ts';
import { eventsOf, isAuction, isBid } from './events.ts';

export interface CountedAuction {
  readonly id: number;
  /** Undefined: the auction itself has not come yet. */
  readonly itemName?: string;
  readonly bids: number;
  readonly highest?: number;
}

export function countedAuctions(t: TopologyBuilder): DataStream<CountedAuction> {
  const events = eventsOf(t);
  return events
    .filter(isAuction)
    .keyBy(({ id }) => id)
    .connect(events.filter(isBid).keyBy(({ auction }) => auction))
    .process('counted-auctions', {
      state: { auction: valueState(json<CountedAuction>('counted auction')) },
      output: json<CountedAuction>('counted auction'),
      onFirst({ item_name }, ctx) {
        const auction = { ...(ctx.state.auction.get() ?? { id: ctx.key, bids: 0 }), itemName: item_name };
        ctx.state.auction.set(auction);
        ctx.emit(auction);
      },
      onSecond({ price }, ctx) {
        const before = ctx.state.auction.get() ?? { id: ctx.key, bids: 0 };
        const highest = Math.max(before.highest ?? 0, price);
        const auction = { ...before, bids: before.bids + 1, highest };
        ctx.state.auction.set(auction);
        ctx.emit(auction);
      },
    });
}
