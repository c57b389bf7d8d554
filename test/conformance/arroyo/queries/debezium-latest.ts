/** The rows that a table of orders is left with. */
import { defineTopology, json } from '../../../../src/index.ts';
import { table, type Change } from '../../result-topics.ts';
import { orderChangesOf } from '../orders.ts';

export const debeziumLatest = defineTopology({
  name: 'debezium-latest',
  build(t) {
    orderChangesOf(t)
      .process('latest', {
        output: json<Change>('change'),
        onElement({ after }, ctx) {
          const row = after === null ? null : { id: after.id, status: after.status, quantity: after.quantity };
          ctx.emit({ key: String(ctx.key), row });
        },
      })
      .sinkTo('table', table);
  },
});
