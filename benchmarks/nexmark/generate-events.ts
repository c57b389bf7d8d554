/**
 * Events shaped like Nexmark's, the same for the same count and rate. Of 50 events one is a person, three are auctions,
 * 46 are bids; half of the bids go to a hot auction, three quarters of bidders and sellers are hot ones.
 *
 * Event n happens at 2015-07-15T00:00:00Z + floor(n * 1000 / rate) ms. Every draw takes the next number of one sequence,
 * so the order of the draws is part of the format.
 */
import type { Auction, Bid } from './events.ts';

interface Person {
  readonly id: number;
  readonly name: string;
  readonly email_address: string;
  readonly credit_card: string;
  readonly city: string;
  readonly state: string;
  readonly date_time: number;
  readonly extra: string;
}

export type NexmarkEvent =
  ({ readonly type: 'person' } & Person) | ({ readonly type: 'auction' } & Auction) | ({ readonly type: 'bid' } & Bid);

const baseTime = Date.UTC(2015, 6, 15);
const firstId = 1000;
const letters = 'abcdefghijklmnopqrstuvwxyz ';
const firstNames = ['Peter', 'Paul', 'Luke', 'John', 'Saul', 'Vicky', 'Kate', 'Julie', 'Sarah', 'Deiter', 'Walter'];
const lastNames = ['Shultz', 'Abrams', 'Spencer', 'White', 'Bartels', 'Walton', 'Smith', 'Jones', 'Noris'];
const cities = [
  'Phoenix',
  'Los Angeles',
  'San Francisco',
  'Boise',
  'Portland',
  'Bend',
  'Redmond',
  'Seattle',
  'Kent',
  'Cheyenne',
];
const states = ['AZ', 'CA', 'ID', 'OR', 'WA', 'WY'];
const channels = ['Google', 'Facebook', 'Baidu', 'Apple'];

export function* generateEvents(count: number, rate: number): Generator<NexmarkEvent> {
  const draw = new Draw();
  for (let n = 0; n < count; n++) {
    const epoch = Math.floor(n / 50);
    const place = n % 50;
    const time = baseTime + Math.floor((n * 1000) / rate);
    const lastAuction = epoch * 3 + (place === 0 ? -1 : Math.min(place - 1, 2));
    if (place === 0) yield { type: 'person', ...person(draw, epoch, time) };
    else if (place < 4) yield { type: 'auction', ...auction(draw, { epoch, lastAuction, time, rate }) };
    else yield { type: 'bid', ...bid(draw, { epoch, lastAuction: Math.max(lastAuction, 0), time }) };
  }
}

function person(draw: Draw, epoch: number, time: number): Person {
  return {
    id: firstId + epoch,
    name: `${draw.of(firstNames)} ${draw.of(lastNames)}`,
    email_address: `${draw.word(7)}@${draw.word(5)}.com`,
    credit_card: Array.from({ length: 4 }, () => 1000 + draw.below(9000)).join(' '),
    city: draw.of(cities),
    state: draw.of(states),
    date_time: time,
    extra: draw.text(20 + draw.below(40)),
  };
}

function auction(
  draw: Draw,
  { epoch, lastAuction, time, rate }: { epoch: number; lastAuction: number; time: number; rate: number },
): Auction {
  const seller = draw.chance(0.75) ? hot(epoch) : Math.max(0, epoch - draw.below(1000));
  const initial = draw.price();
  return {
    id: firstId + lastAuction,
    item_name: draw.text(8 + draw.below(12)),
    description: draw.text(20 + draw.below(80)),
    initial_bid: initial,
    reserve: initial + draw.price(),
    date_time: time,
    expires: time + 1 + draw.below(Math.max(2, Math.floor((2 * 1667 * 1000) / rate))),
    seller: firstId + seller,
    category: 10 + draw.below(5),
    extra: draw.text(20 + draw.below(60)),
  };
}

function bid(draw: Draw, { epoch, lastAuction, time }: { epoch: number; lastAuction: number; time: number }): Bid {
  const bidOn = draw.chance(0.5) ? hot(lastAuction) : Math.max(0, lastAuction - draw.below(100));
  const bidder = draw.chance(0.75) ? hot(epoch) + 1 : Math.max(0, epoch - draw.below(1000));
  const known = draw.chance(0.5);
  const channel = known ? draw.of(channels) : `channel-${draw.below(10_000)}`;
  const price = draw.price();
  const page = `https://www.nexmark.com/${draw.word(3)}/${draw.word(3)}/item.htm?query=1`;
  return {
    auction: firstId + bidOn,
    bidder: firstId + bidder,
    price,
    channel,
    url: known ? page : `${page}&channel_id=${draw.below(1e9)}`,
    date_time: time,
    extra: draw.text(10 + draw.below(30)),
  };
}

/** Every hundredth is hot for a while. */
function hot(last: number): number {
  return Math.floor(last / 100) * 100;
}

/** A sequence of pseudo-random numbers (mulberry32) and what is made of them. */
class Draw {
  #state = 0x9e3779b9;

  /** From 0, below 1. */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    const s = this.#state;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  /** From 100 to 100,000,000, evenly in its logarithm. */
  price(): number {
    return Math.round(10 ** (6 * this.fraction()) * 100);
  }

  text(length: number): string {
    let text = '';
    for (let i = 0; i < length; i++) text += letters[this.below(letters.length)]!;
    return text;
  }

  word(length: number): string {
    return this.text(length).replaceAll(' ', 'x');
  }
}
