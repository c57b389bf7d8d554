/** All auctions with their highest bid so far, which may be none: a left outer join with an aggregate. */
import { defineTopology } from '../../../../src/index.ts';
import { table } from '../../result-topics.ts';
import { countedAuctions } from '../counted-auctions.ts';

export const q101 = defineTopology({
  name: 'q101',
  build(t) {
    countedAuctions(t)
      .filter(({ itemName }) => itemName !== undefined)
      .map(({ id, itemName, highest = null }) => ({
        key: String(id),
        row: { auction_id: id, auction_item_name: itemName, current_highest_bid: highest },
      }))
      .sinkTo('table', table);
  },
});
