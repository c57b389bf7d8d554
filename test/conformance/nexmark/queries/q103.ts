/** Auctions whose number of bids passes a test: a semi or an anti join with an aggregate. Rows come and go. */
import { defineTopology, type Topology } from '../../../../src/index.ts';
import { table } from '../../result-topics.ts';
import { countedAuctions } from '../counted-auctions.ts';

export function q103(passes: (bids: number) => boolean): Topology<Readonly<Record<string, never>>> {
  return defineTopology({
    name: 'q103',
    build(t) {
      countedAuctions(t)
        .filter(({ itemName }) => itemName !== undefined)
        .map(({ id, itemName, bids }) => ({
          key: String(id),
          row: passes(bids) ? { auction_id: id, auction_item_name: itemName } : null,
        }))
        .sinkTo('table', table);
    },
  });
}
