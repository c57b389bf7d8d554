/** The channel of a bid, from its name or from its address. */
import { defineTopology } from '../../../../src/index.ts';
import { rows } from '../../result-topics.ts';
import { bidsOf, type Bid } from '../events.ts';
import { pick } from '../pick.ts';

const known = ['apple', 'google', 'facebook', 'baidu'];

export const q21 = defineTopology({
  name: 'q21',
  build(t) {
    bidsOf(t)
      .flatMap((bid) => {
        const channel_id = channelId(bid);
        return channel_id === undefined ? [] : [{ ...pick(bid, 'auction', 'bidder', 'price', 'channel'), channel_id }];
      })
      .sinkTo('rows', rows);
  },
});

function channelId({ channel, url }: Bid): string | undefined {
  const index = known.indexOf(channel.toLowerCase());
  return index >= 0 ? String(index) : /(?:^|&)channel_id=([^&]*)/.exec(url)?.[1];
}
