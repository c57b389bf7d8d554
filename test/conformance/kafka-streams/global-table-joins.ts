/** A stream that looks up a table which every task has: the stream needs no key. */
import { defineTopology, mapState, string, topic } from '../../../src/index.ts';
import { entriesOf, entry, output } from './entries.ts';

const globalTableJoin = defineTopology({
  name: 'global-table-join',
  build(t) {
    const table = entriesOf(t, 'globalTableTopic').broadcast({ rows: mapState(string, string) });
    t.source('streamTopic', topic('streamTopic', entry()))
      .connect(table)
      .process('join', {
        output: entry<unknown>(),
        onElement({ key, value }, ctx) {
          const row = ctx.broadcast.rows.get(value?.split(',')[1] ?? '');
          if (row !== undefined) ctx.emit({ key, value: `${value ?? 'null'}+${row}` });
        },
        onBroadcast({ key, value }, ctx) {
          if (value === null) ctx.broadcast.rows.delete(String(key));
          else ctx.broadcast.rows.set(String(key), value);
        },
      })
      .sinkTo('output', output);
  },
});

/** By the id of the case. */
export const globalTableJoins = {
  'kafka-streams/KStreamGlobalKTableJoinTest.shouldJoinOnNullKeyWithNonNullKeyMapperValues': globalTableJoin,
  'kafka-streams/KStreamGlobalKTableJoinTest.shouldNotJoinOnGlobalTableUpdates': globalTableJoin,
};
