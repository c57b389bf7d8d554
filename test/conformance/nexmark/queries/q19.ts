/** The ten highest bids of each auction, numbered. */
import { defineTopology, json, valueState } from '../../../../src/index.ts';
import { table, type Change } from '../../result-topics.ts';
import { bidsOf, type Bid } from '../events.ts';

export const q19 = defineTopology({
  name: 'q19',
  build(t) {
    bidsOf(t)
      .keyBy(({ auction }) => auction)
      .process('highest', {
        state: { top: valueState(json<readonly Bid[]>('bids')) },
        output: json<Change>('change'),
        onElement(bid, ctx) {
          const before = ctx.state.top.get() ?? [];
          const top = [...before, bid].sort((a, b) => b.price - a.price).slice(0, 10);
          ctx.state.top.set(top);
          for (const [i, { type: _type, ...ranked }] of top.entries()) {
            const row = { ...ranked, rank_number: i + 1 };
            if (top[i] !== before[i]) ctx.emit({ key: `${ctx.key} ${i + 1}`, row });
          }
        },
      })
      .sinkTo('table', table);
  },
});
