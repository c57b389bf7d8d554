import { taggedUnion, topic } from '../../src/index.ts';
import type { Codec, Contract, Topic } from '../../src/index.ts';
import { inputTopic } from './events.ts';

/** The input as a topic of bids with the fields that `bid` declares; people and auctions are null. */
export function bidTopic<B extends object>(bid: Contract<B>): Topic<B | null> {
  const event = taggedUnion('Event', 'type', { bid, person: null, auction: null });
  return topic(inputTopic, event as unknown as Codec<B | null>); // what it adds to a bid is the tag
}

/** Typed as a guard, so that what follows a filter by it has bids only. */
export function isBid<B extends object>(event: B | null): event is B {
  return event !== null;
}
