import { contract, defineTopology, listState, number, taggedUnion, topic, valueState } from '../../../src/index.ts';
import type { Decoded } from '../../../src/index.ts';
import { inputTopic } from '../events.ts';
import type { Query } from '../query.ts';

interface Person {
  readonly id: number;
  readonly name: string;
  readonly city: string;
  readonly state: string;
}

const Person = contract<Person>({
  type: 'record',
  name: 'Person',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'name', type: 'string' },
    { name: 'city', type: 'string' },
    { name: 'state', type: 'string' },
  ],
});

interface Auction {
  readonly id: number;
  readonly seller: number;
  readonly category: number;
}

const Auction = contract<Auction>({
  type: 'record',
  name: 'Auction',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'seller', type: 'long' },
    { name: 'category', type: 'long' },
  ],
});

const Event = taggedUnion('Event', 'type', { person: Person, auction: Auction, bid: null });
type Event = Decoded<typeof Event>;
const events = topic(inputTopic, Event);

interface LocalItem {
  readonly name: string;
  readonly city: string;
  readonly state: string;
  readonly auction: number;
}

const states: readonly string[] = ['OR', 'ID', 'CA'];

/** Who sells something of category 10 in Oregon, Idaho or California: a join over the whole history. */
export const q3: Query<LocalItem> = {
  topology: (results) =>
    defineTopology({
      name: 'q3',
      build(t) {
        const { people, auctions } = t
          .source('events', events)
          .split({ people: isPerson, auctions: isAuction }, { default: 'drop' });
        people
          .filter((person) => states.includes(person.state))
          .keyBy((person) => person.id)
          .connect(auctions.filter((auction) => auction.category === 10).keyBy((auction) => auction.seller))
          .process('local-items', {
            state: { person: valueState(Person.withEncoding('avro')), pending: listState(number) },
            output: results.codec,
            onFirst(person, ctx) {
              ctx.state.person.set(person);
              for (const auction of ctx.state.pending.get()) ctx.emit(localItem(person, auction));
              ctx.state.pending.clear();
            },
            onSecond(auction, ctx) {
              const person = ctx.state.person.get();
              if (person === undefined) ctx.state.pending.add(auction.id);
              else ctx.emit(localItem(person, auction.id));
            },
          })
          .sinkTo('results', results);
      },
    }),
  fields(item, checksum) {
    checksum.text(item.name).text(item.city).text(item.state).integer(item.auction);
  },
};

function isPerson(event: Event): event is Extract<Event, { readonly type: 'person' }> {
  return event !== null && event.type === 'person';
}

function isAuction(event: Event): event is Extract<Event, { readonly type: 'auction' }> {
  return event !== null && event.type === 'auction';
}

function localItem({ name, city, state }: Person, auction: number): LocalItem {
  return { name, city, state, auction };
}
