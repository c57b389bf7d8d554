/** Bids with the folders of their address. */
import { defineTopology } from '../../../../src/index.ts';
import { rows } from '../../result-topics.ts';
import { bidsOf } from '../events.ts';
import { pick } from '../pick.ts';

export const q22 = defineTopology({
  name: 'q22',
  build(t) {
    bidsOf(t)
      .map((bid) => {
        const [dir1 = '', dir2 = '', dir3 = ''] = bid.url.split('/').slice(3);
        return { ...pick(bid, 'auction', 'bidder', 'price', 'channel'), dir1, dir2, dir3 };
      })
      .sinkTo('rows', rows);
  },
});
