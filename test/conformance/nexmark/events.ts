/** The events of an auction house, and the streams that every query starts with. */
import {
  boundedOutOfOrderness,
  json,
  topic,
  type DataStream,
  type SourceStream,
  type TopologyBuilder,
} from '../../../src/index.ts';

export interface Person {
  readonly type: 'person';
  readonly id: number;
  readonly name: string;
  readonly city: string;
  readonly state: string;
  readonly date_time: number;
}

export interface Auction {
  readonly type: 'auction';
  readonly id: number;
  readonly item_name: string;
  readonly description: string;
  readonly initial_bid: number;
  readonly reserve: number;
  readonly date_time: number;
  readonly expires: number;
  readonly seller: number;
  readonly category: number;
  readonly extra: string;
}

export interface Bid {
  readonly type: 'bid';
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
  readonly url: string;
  readonly date_time: number;
  readonly extra: string;
}

type NexmarkEvent = Person | Auction | Bid;

const events = topic('events', json<NexmarkEvent>('nexmark event'));

export const auction = json<Auction>('auction');
export const bid = json<Bid>('bid');

/** All events. A topic has one source, so a query that needs several kinds splits this one. */
export function eventsOf(t: TopologyBuilder): SourceStream<NexmarkEvent> {
  return t.source('events', events, { watermarks: boundedOutOfOrderness('4s', ({ date_time }) => date_time) });
}

export function bidsOf(t: TopologyBuilder): DataStream<Bid> {
  return eventsOf(t).filter(isBid);
}

export const isPerson = (event: NexmarkEvent): event is Person => event.type === 'person';
export const isAuction = (event: NexmarkEvent): event is Auction => event.type === 'auction';
export const isBid = (event: NexmarkEvent): event is Bid => event.type === 'bid';
