/** Auctions with at least as many bids as they have on average, or the most of them: choices among all auctions. */
import { defineTopology, json, mapState, number, type Topology } from '../../../../src/index.ts';
import { table, type Change } from '../../result-topics.ts';
import { countedAuctions, type CountedAuction } from '../counted-auctions.ts';

/** `choose`: those of all auctions with bids that are in the result. */
export function q102(
  choose: (auctions: readonly CountedAuction[]) => readonly CountedAuction[],
): Topology<Readonly<Record<string, never>>> {
  return defineTopology({
    name: 'q102',
    build(t) {
      countedAuctions(t)
        .filter(({ bids }) => bids > 0)
        .keyBy(() => 'all')
        .process('choice', {
          state: { all: mapState(number, json<CountedAuction>('counted auction')), chosen: mapState(number, number) },
          output: json<Change>('change'),
          onElement(auction, ctx) {
            const { all, chosen } = ctx.state;
            all.set(auction.id, auction);
            const left = new Set(chosen.keys());
            for (const { id, itemName, bids } of choose([...all.values()])) {
              left.delete(id);
              if (itemName === undefined || chosen.get(id) === bids) continue;
              chosen.set(id, bids);
              ctx.emit({
                key: String(id),
                row: { auction_id: id, auction_item_name: itemName, bid_count: bids },
              });
            }
            for (const id of left) {
              chosen.delete(id);
              ctx.emit({ key: String(id), row: null });
            }
          },
        })
        .sinkTo('table', table);
    },
  });
}

/** Those with at least the average number of bids, fraction cut off. */
export function aboveAverage(auctions: readonly CountedAuction[]): readonly CountedAuction[] {
  const total = auctions.reduce((sum, { bids }) => sum + bids, 0);
  const threshold = Math.floor(total / auctions.length);
  return auctions.filter(({ bids }) => bids >= threshold);
}

/** The thousand with the most bids. */
export function mostBids(auctions: readonly CountedAuction[]): readonly CountedAuction[] {
  return [...auctions].sort((a, b) => b.bids - a.bids).slice(0, 1000);
}
