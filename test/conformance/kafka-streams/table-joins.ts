/** Two tables joined by key: a result whenever the joined row was there before a change or is there after it. */
import { defineTopology, string, valueState, type Topology, type ValueState } from '../../../src/index.ts';
import { entriesOf, entry, output } from './entries.ts';

interface TableJoin {
  readonly left: string;
  readonly right: string;
  /** Whether there is a joined row, by the sides that have one. */
  readonly exists: (left: boolean, right: boolean) => boolean;
  readonly separator: string;
  /** Form of a result. */
  readonly resultOf?: (joined: string | null) => unknown;
}

interface Sides {
  readonly left: ValueState<string>;
  readonly right: ValueState<string>;
}

function tableJoin(spec: TableJoin): Topology<Readonly<Record<string, never>>> {
  const { exists, separator, resultOf = (joined: string | null): unknown => joined } = spec;
  const joined = (sides: Sides): string | null => {
    const [left, right] = [sides.left.get(), sides.right.get()];
    if (!exists(left !== undefined, right !== undefined)) return null;
    return `${left ?? 'null'}${separator}${right ?? 'null'}`;
  };
  /** Changes a row of one side; returns what there is to tell of it. */
  const change = (sides: Sides, side: ValueState<string>, value: string | null): readonly unknown[] => {
    const before = joined(sides);
    if (value === null) side.clear();
    else side.set(value);
    const after = joined(sides);
    return before === null && after === null ? [] : [resultOf(after)];
  };
  return defineTopology({
    name: 'table-join',
    build(t) {
      entriesOf(t, spec.left)
        .keyBy(({ key }) => key)
        .connect(entriesOf(t, spec.right).keyBy(({ key }) => key))
        .process('join', {
          state: { left: valueState(string), right: valueState(string) },
          output: entry<unknown>(),
          onFirst({ key, value }, ctx) {
            for (const result of change(ctx.state, ctx.state.left, value)) ctx.emit({ key, value: result });
          },
          onSecond({ key, value }, ctx) {
            for (const result of change(ctx.state, ctx.state.right, value)) ctx.emit({ key, value: result });
          },
        })
        .sinkTo('output', output);
    },
  });
}

const inner = (left: boolean, right: boolean): boolean => left && right;
const left = (left: boolean): boolean => left;
const outer = (left: boolean, right: boolean): boolean => left || right;

const unitTest = {
  left: 'topic1',
  right: 'topic2',
  separator: '+',
  resultOf: (joined: string | null) => ({ new: joined, old: null }),
};

/** By the id of the case. */
export const tableJoins = {
  'kafka-streams/KTableKTableInnerJoinTest.testNotSendingOldValues': tableJoin({ ...unitTest, exists: inner }),
  'kafka-streams/KTableKTableLeftJoinTest.testNotSendingOldValue': tableJoin({ ...unitTest, exists: left }),
  'kafka-streams/KTableKTableOuterJoinTest.testNotSendingOldValue': tableJoin({ ...unitTest, exists: outer }),
  'kafka-streams/TableTableJoinIntegrationTest.testOuter': tableJoin({
    left: 'inputTopicLeft',
    right: 'inputTopicRight',
    separator: '-',
    exists: outer,
  }),
};
