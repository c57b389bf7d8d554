import { contract, defineTopology, valueState } from '../../../src/index.ts';
import { bidTopic, isBid } from '../bids.ts';
import type { Query } from '../query.ts';

interface Bid {
  readonly auction: number;
  readonly price: number;
  readonly date_time: number;
}

const Bid = contract<Bid>({
  type: 'record',
  name: 'AuctionBid',
  fields: [
    { name: 'auction', type: 'long' },
    { name: 'price', type: 'long' },
    { name: 'date_time', type: 'long' },
  ],
});

interface DayStatistics {
  readonly auction: number;
  readonly day: number;
  readonly bids: number;
  readonly low: number;
  readonly middle: number;
  readonly high: number;
  readonly least: number;
  readonly most: number;
  readonly average: number;
  readonly sum: number;
}

const DayStatistics = contract<DayStatistics>({
  type: 'record',
  name: 'DayStatistics',
  fields: [
    { name: 'auction', type: 'long' },
    { name: 'day', type: 'long' },
    { name: 'bids', type: 'long' },
    { name: 'low', type: 'long', doc: 'Bids with a price below 10,000.' },
    { name: 'middle', type: 'long', doc: 'Bids with a price from 10,000, below 1,000,000.' },
    { name: 'high', type: 'long' },
    { name: 'least', type: 'long' },
    { name: 'most', type: 'long' },
    { name: 'average', type: 'long', doc: 'Rounded down.' },
    { name: 'sum', type: 'long' },
  ],
});

const dayMs = 86_400_000;
/** Day and auction as one number: faster than a text of both. */
const mostAuctions = 1e9;

const events = bidTopic(Bid);

/** Running statistics per auction and day, after every bid. */
export const q17: Query<DayStatistics> = {
  topology: (results) =>
    defineTopology({
      name: 'q17',
      build(t) {
        t.source('events', events)
          .filter(isBid)
          .keyBy((bid) => dayOf(bid) * mostAuctions + bid.auction)
          .process('day-statistics', {
            state: { statistics: valueState(DayStatistics.withEncoding('avro')) },
            output: results.codec,
            onElement(bid, ctx) {
              const { statistics } = ctx.state;
              const before = statistics.get();
              const after = before === undefined ? first(bid) : following(before, bid.price);
              statistics.set(after);
              ctx.emit(after);
            },
          })
          .sinkTo('results', results);
      },
    }),
  fields(day, checksum) {
    checksum.integer(day.auction).integer(day.day).integer(day.bids);
    checksum.integer(day.low).integer(day.middle).integer(day.high);
    checksum.integer(day.least).integer(day.most).integer(day.average).integer(day.sum);
  },
};

function dayOf(bid: Bid): number {
  return Math.floor(bid.date_time / dayMs);
}

function first(bid: Bid): DayStatistics {
  const { auction, price } = bid;
  return {
    auction,
    day: dayOf(bid),
    bids: 1,
    low: price < 10_000 ? 1 : 0,
    middle: price >= 10_000 && price < 1_000_000 ? 1 : 0,
    high: price >= 1_000_000 ? 1 : 0,
    least: price,
    most: price,
    average: price,
    sum: price,
  };
}

function following(before: DayStatistics, price: number): DayStatistics {
  const bids = before.bids + 1;
  const sum = before.sum + price;
  return {
    auction: before.auction,
    day: before.day,
    bids,
    low: before.low + (price < 10_000 ? 1 : 0),
    middle: before.middle + (price >= 10_000 && price < 1_000_000 ? 1 : 0),
    high: before.high + (price >= 1_000_000 ? 1 : 0),
    least: Math.min(before.least, price),
    most: Math.max(before.most, price),
    average: Math.floor(sum / bids),
    sum,
  };
}
