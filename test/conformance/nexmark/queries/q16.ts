/** Counters of each channel and day, with the last minute in which something was bid. */
import { defineTopology, json, string, valueState, type Topology } from '../../../../src/index.ts';
import { table, type Change } from '../../result-topics.ts';
import { bidCounterState, countBid } from '../bid-counters.ts';
import { day } from '../calendar.ts';
import { bidsOf, type Bid } from '../events.ts';

export interface Q16Options {
  readonly where?: (bid: Bid) => boolean;
  /** Writes the minute of a time. */
  readonly minuteOf: (time: number) => string;
}

export function q16({ where = () => true, minuteOf }: Q16Options): Topology<Readonly<Record<string, never>>> {
  return defineTopology({
    name: 'q16',
    build(t) {
      bidsOf(t)
        .filter(where)
        .keyBy(({ channel, date_time }) => `${channel} ${day(date_time)}`)
        .process('counters', {
          state: { ...bidCounterState, minute: valueState(string) },
          output: json<Change>('change'),
          onElement(bid, ctx) {
            const [now, before = ''] = [minuteOf(bid.date_time), ctx.state.minute.get()];
            const minute = now > before ? now : before;
            ctx.state.minute.set(minute);
            const row = { channel: bid.channel, day: day(bid.date_time), minute, ...countBid(bid, ctx) };
            ctx.emit({ key: ctx.key, row });
          },
        })
        .sinkTo('table', table);
    },
  });
}
