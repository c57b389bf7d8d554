/** Who sells in category 10, from some states: an inner join without a time limit. Either side may come first. */
import { defineTopology, json, listState, number, valueState, type Topology } from '../../../../src/index.ts';
import { rows } from '../../result-topics.ts';
import { eventsOf, isAuction, isPerson, type Person } from '../events.ts';
import { pick } from '../pick.ts';

interface Sale {
  readonly name: string;
  readonly city: string;
  readonly state: string;
  readonly id: number;
}

const sale = (person: Person, id: number): Sale => ({ ...pick(person, 'name', 'city', 'state'), id });

export function q3(states: readonly string[]): Topology<Readonly<Record<string, never>>> {
  return defineTopology({
    name: 'q3',
    build(t) {
      const events = eventsOf(t);
      const sellers = events.filter(isPerson).filter(({ state }) => states.includes(state));
      events
        .filter(isAuction)
        .filter(({ category }) => category === 10)
        .keyBy(({ seller }) => seller)
        .connect(sellers.keyBy(({ id }) => id))
        .process('sales', {
          state: { seller: valueState(json<Person>('person')), auctions: listState(number) },
          output: json<Sale>('sale'),
          onFirst({ id }, ctx) {
            ctx.state.auctions.add(id);
            const seller = ctx.state.seller.get();
            if (seller !== undefined) ctx.emit(sale(seller, id));
          },
          onSecond(seller, ctx) {
            ctx.state.seller.set(seller);
            for (const id of ctx.state.auctions.get()) ctx.emit(sale(seller, id));
          },
        })
        .sinkTo('rows', rows);
    },
  });
}
