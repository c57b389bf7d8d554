import { contract, taggedUnion } from '../../src/index.ts';
import { Bid } from './bid.ts';

interface Person {
  readonly id: number;
  readonly name: string;
}

const Person = contract<Person>({
  type: 'record',
  name: 'Person',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'name', type: 'string' },
  ],
});

/** `{"type":"bid",...}` and `{"type":"person",...}`; auctions are known, checked and not wanted: they decode to null. */
export const Event = taggedUnion('Event', 'type', { bid: Bid, person: Person, auction: null });
