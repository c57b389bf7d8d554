/** Bids in another currency, those in between two limits, with what kind of time it was. */
import { defineTopology } from '../../../../src/index.ts';
import { rows } from '../../result-topics.ts';
import { hour } from '../calendar.ts';
import { bidsOf } from '../events.ts';
import { decimal, euroThousandths } from '../in-euros.ts';
import { pick } from '../pick.ts';

export const q14 = defineTopology({
  name: 'q14',
  build(t) {
    bidsOf(t)
      .filter(({ price }) => euroThousandths(price) > 1_000_000_000 && euroThousandths(price) < 50_000_000_000)
      .map((bid) => ({
        ...pick(bid, 'auction', 'bidder', 'date_time'),
        price: decimal(euroThousandths(bid.price)),
        bidTimeType: bidTimeType(hour(bid.date_time)),
        c_counts: bid.extra.split('c').length - 1,
      }))
      .sinkTo('rows', rows);
  },
});

function bidTimeType(hour: number): string {
  if (hour >= 8 && hour <= 18) return 'dayTime';
  return hour <= 6 || hour >= 20 ? 'nightTime' : 'otherTime';
}
