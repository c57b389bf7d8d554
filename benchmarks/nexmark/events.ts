/** Contracts of the three kinds of event with all their fields. Queries that need less declare their own. */
import { contract } from '../../src/index.ts';

/** The topic that all queries read: one JSON object a record, told apart by `type`. */
export const inputTopic = 'nexmark';

export interface Bid {
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
  readonly url: string;
  readonly date_time: number;
  readonly extra: string;
}

export const Bid = contract<Bid>({
  type: 'record',
  name: 'Bid',
  fields: [
    { name: 'auction', type: 'long' },
    { name: 'bidder', type: 'long' },
    { name: 'price', type: 'long' },
    { name: 'channel', type: 'string' },
    { name: 'url', type: 'string' },
    { name: 'date_time', type: 'long' },
    { name: 'extra', type: 'string' },
  ],
});

export interface Auction {
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

export const Auction = contract<Auction>({
  type: 'record',
  name: 'Auction',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'item_name', type: 'string' },
    { name: 'description', type: 'string' },
    { name: 'initial_bid', type: 'long' },
    { name: 'reserve', type: 'long' },
    { name: 'date_time', type: 'long' },
    { name: 'expires', type: 'long' },
    { name: 'seller', type: 'long' },
    { name: 'category', type: 'long' },
    { name: 'extra', type: 'string' },
  ],
});
