/** Aggregates over tables: a row that changes leaves its group before it comes to the new one. */
import { defineTopology, json, valueState, type Key, type Topology } from '../../../src/index.ts';
import { entriesOf, entry, output } from './entries.ts';

/** What becomes of a group: a row left, a row came, or one took the place of the other. */
interface GroupChange<V> {
  readonly group: Key;
  readonly removed?: V;
  readonly added?: V;
}

interface Grouped<T, V, A> {
  readonly topic: string;
  /** The group of a row and what is aggregated of it; undefined: it has none. */
  readonly groupOf: (key: Key, value: T) => { readonly group: Key; readonly value: V } | undefined;
  readonly initial: A;
  readonly remove: (a: A, value: V) => A;
  readonly add: (a: A, value: V) => A;
}

function groupedTable<T, V, A>(spec: Grouped<T, V, A>): Topology<Readonly<Record<string, never>>> {
  const { groupOf, initial, remove, add } = spec;
  return defineTopology({
    name: 'grouped-table',
    build(t) {
      entriesOf<T>(t, spec.topic)
        .keyBy(({ key }) => key)
        .process('table', {
          state: { row: valueState(json<T>('row')) },
          output: json<GroupChange<V>>('group change'),
          onElement({ key, value }, ctx) {
            const row = ctx.state.row.get();
            const old = row === undefined ? undefined : groupOf(key, row);
            const now = value === null ? undefined : groupOf(key, value);
            if (value === null) ctx.state.row.clear();
            else ctx.state.row.set(value);
            if (old !== undefined && old.group === now?.group) {
              ctx.emit({ group: now.group, removed: old.value, added: now.value });
              return;
            }
            if (old !== undefined) ctx.emit({ group: old.group, removed: old.value });
            if (now !== undefined) ctx.emit({ group: now.group, added: now.value });
          },
        })
        .keyBy(({ group }) => group)
        .process('groups', {
          state: { aggregate: valueState(json<A>('aggregate')) },
          output: entry<unknown>(),
          onElement({ removed, added }, ctx) {
            let aggregate = ctx.state.aggregate.get() ?? initial;
            if (removed !== undefined) aggregate = remove(aggregate, removed);
            if (added !== undefined) aggregate = add(aggregate, added);
            ctx.state.aggregate.set(aggregate);
            ctx.emit({ key: ctx.key, value: aggregate });
          },
        })
        .sinkTo('output', output);
    },
  });
}

/** By the id of the case. */
export const groupedTables = {
  'kafka-streams/KGroupedTableImplTest.shouldReduceAndMaterializeResults': groupedTable<number, number, number>({
    topic: 'input',
    groupOf: (key, value) => ({ group: key, value: Math.trunc(value) }),
    initial: 0,
    remove: (sum, value) => sum - value,
    add: (sum, value) => sum + value,
  }),
  'kafka-streams/KTableAggregateTest.testAggRepartition': groupedTable<string, string, string>({
    topic: 'topic1',
    groupOf: (key, value) => (key === 'null' || key === 'NULL' ? undefined : { group: value, value }),
    initial: '0',
    remove: (text, value) => `${text}-${value}`,
    add: (text, value) => `${text}+${value}`,
  }),
  'kafka-streams/KTableAggregateTest.testRemoveOldBeforeAddNew': groupedTable<string, string, string>({
    topic: 'count-test-input',
    groupOf: (key) => ({ group: String(key)[0]!, value: String(key)[1]! }),
    initial: '',
    remove: (text, value) => text.replaceAll(value, ''),
    add: (text, value) => text + value,
  }),
};
