/** A stream that looks up a table by its key: only records of the stream emit. */
import { defineTopology, string, valueState, type Topology } from '../../../src/index.ts';
import { entriesOf, entry, output, recordsOf } from './entries.ts';

interface StreamTableJoin {
  readonly stream: string;
  readonly table: string;
  readonly separator: string;
  /** Whether records without a row are left out. */
  readonly inner: boolean;
}

function streamTableJoin(spec: StreamTableJoin): Topology<Readonly<Record<string, never>>> {
  return defineTopology({
    name: 'stream-table-join',
    build(t) {
      recordsOf(t, spec.stream)
        .keyBy(({ key }) => key)
        .connect(entriesOf(t, spec.table).keyBy(({ key }) => key))
        .process('join', {
          state: { row: valueState(string) },
          output: entry<unknown>(),
          onFirst({ key, value }, ctx) {
            const row = ctx.state.row.get();
            if (row === undefined && spec.inner) return;
            ctx.emit({ key, value: `${value}${spec.separator}${row ?? 'null'}` });
          },
          onSecond({ value }, ctx) {
            if (value === null) ctx.state.row.clear();
            else ctx.state.row.set(value);
          },
        })
        .sinkTo('output', output);
    },
  });
}

const unitTest = { stream: 'streamTopic', table: 'tableTopic', separator: '+' };

/** By the id of the case. */
export const streamTableJoins = {
  'kafka-streams/KStreamKTableJoinTest.shouldJoinOnlyIfMatchFoundOnStreamUpdates': streamTableJoin({
    ...unitTest,
    inner: true,
  }),
  'kafka-streams/KStreamKTableLeftJoinTest.shouldJoinRegardlessIfMatchFoundOnStreamUpdates': streamTableJoin({
    ...unitTest,
    inner: false,
  }),
  'kafka-streams/KStreamKTableLeftJoinTest.shouldNotJoinOnTableUpdates': streamTableJoin({ ...unitTest, inner: false }),
  'kafka-streams/StreamTableJoinIntegrationTest.testLeft': streamTableJoin({
    stream: 'inputTopicLeft',
    table: 'inputTopicRight',
    separator: '-',
    inner: false,
  }),
};
