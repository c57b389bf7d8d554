import { taggedUnion, topic } from '../../src/index.ts';
import type { Contract, DataStream, TopologyBuilder } from '../../src/index.ts';
import { inputTopic } from './events.ts';

/** The bids of the input, with the fields that `contract` declares; people and auctions are passed over. */
export function bidsOf<B extends object>(t: TopologyBuilder, bid: Contract<B>): DataStream<B> {
  const event = taggedUnion('BidEvent', 'type', { bid, person: null, auction: null });
  return t.source('events', topic(inputTopic, event)).filter((value) => value !== null);
}
