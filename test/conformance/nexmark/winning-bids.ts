/** The best valid bid of each auction, again whenever a better one comes. */
import { json, valueState, type DataStream, type TopologyBuilder } from '../../../src/index.ts';
import type { Bid } from './events.ts';
import { validBids, type ValidBid } from './valid-bids.ts';

const validBid = json<ValidBid>('valid bid');

/** `isBetter`: a strict order of the bids of an auction. */
export function winningBids(
  t: TopologyBuilder,
  isBetter: (bid: Bid, than: Bid) => boolean = ({ price }, than) => price > than.price,
): DataStream<ValidBid> {
  return validBids(t)
    .keyBy(({ auction }) => auction.id)
    .process('winning-bids', {
      state: { best: valueState(validBid) },
      output: validBid,
      onElement(candidate, ctx) {
        const best = ctx.state.best.get();
        if (best !== undefined && !isBetter(candidate.bid, best.bid)) return;
        ctx.state.best.set(candidate);
        ctx.emit(candidate);
      },
    });
}
