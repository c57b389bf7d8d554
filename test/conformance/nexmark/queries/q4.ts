/** Mean of the winning prices of each category: an aggregate of an aggregate, corrected by every better bid. */
import { defineTopology, json, mapState, number, type Topology } from '../../../../src/index.ts';
import { table, type Change } from '../../result-topics.ts';
import { winningBids } from '../winning-bids.ts';

export interface Mean {
  readonly category: number;
  readonly sum: number;
  readonly count: number;
}

export function q4(rowOf: (mean: Mean) => object): Topology<Readonly<Record<string, never>>> {
  return defineTopology({
    name: 'q4',
    build(t) {
      winningBids(t)
        .keyBy(({ auction }) => auction.category)
        .process('means', {
          state: { prices: mapState(number, number) },
          output: json<Change>('change'),
          onElement({ auction, bid }, ctx) {
            const { prices } = ctx.state;
            prices.set(auction.id, bid.price);
            const sum = [...prices.values()].reduce((a, b) => a + b);
            ctx.emit({ key: String(ctx.key), row: rowOf({ category: ctx.key, sum, count: prices.size }) });
          },
        })
        .sinkTo('table', table);
    },
  });
}
