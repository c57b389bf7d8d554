/** The smallest of the winning prices of all auctions: each may rise, so all are kept. */
import { defineTopology, json, mapState, number } from '../../../../src/index.ts';
import { table, type Change } from '../../result-topics.ts';
import { winningBids } from '../winning-bids.ts';

export const q106 = defineTopology({
  name: 'q106',
  build(t) {
    winningBids(t)
      .keyBy(() => 'all')
      .process('smallest', {
        state: { prices: mapState(number, number) },
        output: json<Change>('change'),
        onElement({ auction, bid }, ctx) {
          ctx.state.prices.set(auction.id, bid.price);
          ctx.emit({ key: 'all', row: { min_final: Math.min(...ctx.state.prices.values()) } });
        },
      })
      .sinkTo('table', table);
  },
});
