/** Prices of each auction and day. */
import { defineTopology, json, type Aggregator } from '../../../../src/index.ts';
import { table, type Change } from '../../result-topics.ts';
import { rankOf } from '../bid-counters.ts';
import { day } from '../calendar.ts';
import { bidsOf, type Bid } from '../events.ts';

interface Prices {
  readonly counts: readonly [number, number, number];
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

const prices: Aggregator<Bid, Prices, object> = {
  create: () => ({ counts: [0, 0, 0], min: Number.MAX_VALUE, max: 0, sum: 0 }),
  add({ price }, { counts, min, max, sum }) {
    const counted = counts.with(rankOf(price), counts[rankOf(price)] + 1) as [number, number, number];
    return { counts: counted, min: Math.min(min, price), max: Math.max(max, price), sum: sum + price };
  },
  result({ counts: [rank1, rank2, rank3], min, max, sum }) {
    const total = rank1 + rank2 + rank3;
    return {
      total_bids: total,
      rank1_bids: rank1,
      rank2_bids: rank2,
      rank3_bids: rank3,
      min_price: min,
      max_price: max,
      avg_price: sum / total,
      sum_price: sum,
    };
  },
};

export const q17 = defineTopology({
  name: 'q17',
  build(t) {
    bidsOf(t)
      .keyBy(({ auction, date_time }) => `${auction} ${day(date_time)}`)
      .aggregate('prices', prices, {
        accumulator: json<Prices>('prices'),
        output: json<Change>('change'),
        result(row, key) {
          const [auction, day] = key.split(' ');
          return { key, row: { auction: Number(auction), day, ...row } };
        },
      })
      .sinkTo('table', table);
  },
});
