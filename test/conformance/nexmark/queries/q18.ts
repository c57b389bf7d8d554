/** The newest bid of each bidder on each auction, whatever the order of arrival. */
import { defineTopology, type Topology } from '../../../../src/index.ts';
import { table } from '../../result-topics.ts';
import { bidsOf, type Bid } from '../events.ts';
import { pick } from '../pick.ts';

export interface Q18Options {
  readonly where?: (bid: Bid) => boolean;
  readonly columns: readonly (keyof Bid)[];
}

export function q18({ where = () => true, columns }: Q18Options): Topology<Readonly<Record<string, never>>> {
  return defineTopology({
    name: 'q18',
    build(t) {
      bidsOf(t)
        .filter(where)
        .keyBy(({ bidder, auction }) => `${bidder} ${auction}`)
        .reduce('newest', (a, b) => (isNewer(b, a) ? b : a))
        .map((bid) => ({ key: `${bid.bidder} ${bid.auction}`, row: pick(bid, ...columns) }))
        .sinkTo('table', table);
    },
  });
}

// Of bids of the same time the one with the smallest extra stays.
function isNewer(a: Bid, b: Bid): boolean {
  return a.date_time > b.date_time || (a.date_time === b.date_time && a.extra < b.extra);
}
