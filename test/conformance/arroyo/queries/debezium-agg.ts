/** Orders by product: a change takes the old row out of its group before it puts the new one in. */
import { defineTopology, json, mapState, number, valueState } from '../../../../src/index.ts';
import { table, type Change } from '../../result-topics.ts';
import { orderChangesOf, type Order } from '../orders.ts';

/** A row that left a group, or came to one. */
interface Moved {
  readonly group: string;
  readonly order: Order;
  readonly present: boolean;
}

const group = ({ product_name }: Order): string => `p_${product_name}`;

export const debeziumAgg = defineTopology({
  name: 'debezium-agg',
  build(t) {
    orderChangesOf(t)
      .process('moves', {
        state: { row: valueState(json<Order>('order')) },
        output: json<Moved>('moved'),
        onElement({ after }, ctx) {
          const old = ctx.state.row.get();
          if (old !== undefined) ctx.emit({ group: group(old), order: old, present: false });
          if (after === null) ctx.clearState();
          else {
            ctx.state.row.set(after);
            ctx.emit({ group: group(after), order: after, present: true });
          }
        },
      })
      .keyBy(({ group }) => group)
      .process('groups', {
        state: { orders: mapState(number, json<Order>('order')) },
        output: json<Change>('change'),
        onElement({ order, present }, ctx) {
          const { orders } = ctx.state;
          if (present) orders.set(order.id, order);
          else orders.delete(order.id);
          const all = [...orders.values()];
          const row = {
            id: ctx.key,
            c: all.length,
            d: new Set(all.map(({ customer_name }) => customer_name)).size,
            q: all.reduce((sum, { quantity }) => sum + quantity + 5, 10),
          };
          ctx.emit({ key: ctx.key, row: all.length === 0 ? null : row });
        },
      })
      .sinkTo('table', table);
  },
});
