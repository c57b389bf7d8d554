/** Counts of bids, of distinct bidders and of distinct auctions, over all bids and by rank of the price. */
import { json, mapState, number, valueState, type KeyedContext } from '../../../src/index.ts';
import type { Bid } from './events.ts';

type Counters = Readonly<Record<string, number>>;

const ranks = ['rank1', 'rank2', 'rank3'] as const;

/** 0 for prices below 10000, 1 below a million, 2 above. */
export function rankOf(price: number): 0 | 1 | 2 {
  return price < 10_000 ? 0 : price < 1_000_000 ? 1 : 2;
}

const none: Counters = Object.fromEntries(
  ['total', ...ranks].flatMap((group) => ['bids', 'bidders', 'auctions'].map((what) => [`${group}_${what}`, 0])),
);

/** Bit 1 of a bidder or auction: seen; bits 2, 4 and 8: seen in that rank. */
export const bidCounterState = {
  counters: valueState(json<Counters>('counters')),
  bidders: mapState(number, number),
  auctions: mapState(number, number),
};

type Context = Pick<KeyedContext<string, typeof bidCounterState, never, never>, 'state'>;

/** Counts a bid; returns the twelve counters. */
export function countBid({ bidder, auction, price }: Bid, { state }: Context): Counters {
  const rank = rankOf(price);
  const counters = { ...(state.counters.get() ?? none) };
  const count = (name: string): void => void (counters[name] = counters[name]! + 1);
  count('total_bids');
  count(`${ranks[rank]}_bids`);
  for (const [what, seen, id] of [
    ['bidders', state.bidders, bidder],
    ['auctions', state.auctions, auction],
  ] as const) {
    const before = seen.get(id) ?? 0;
    if (before === 0) count(`total_${what}`);
    if ((before & (2 << rank)) === 0) count(`${ranks[rank]}_${what}`);
    seen.set(id, before | 1 | (2 << rank));
  }
  state.counters.set(counters);
  return counters;
}
