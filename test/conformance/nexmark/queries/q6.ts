/** Moving mean of a seller's last eleven winning prices, in order of the bids. The lowest bid wins here. */
import { defineTopology, json, mapState, number } from '../../../../src/index.ts';
import { table, type Change } from '../../result-topics.ts';
import { winningBids } from '../winning-bids.ts';

interface Win {
  readonly auction: number;
  readonly price: number;
  readonly date_time: number;
}

export const q6 = defineTopology({
  name: 'q6',
  build(t) {
    winningBids(t, ({ price }, than) => price < than.price)
      .keyBy(({ auction }) => auction.seller)
      .process('moving-means', {
        state: { wins: mapState(number, json<Win>('win')) },
        output: json<Change>('change'),
        onElement({ auction, bid }, ctx) {
          ctx.state.wins.set(auction.id, { auction: auction.id, price: bid.price, date_time: bid.date_time });
          const wins = [...ctx.state.wins.values()].sort((a, b) => a.date_time - b.date_time);
          for (const [i, { auction }] of wins.entries()) {
            const last = wins.slice(Math.max(0, i - 10), i + 1);
            const avg = last.reduce((sum, { price }) => sum + price, 0) / last.length;
            ctx.emit({ key: String(auction), row: { seller: ctx.key, avg } });
          }
        },
      })
      .sinkTo('table', table);
  },
});
