import { partitionOf } from '../core/partitioner.ts';
import type { Row } from '../core/store.ts';
import { StreamError } from '../core/stream-error.ts';
import { readCutRow } from './cut-rows.ts';
import { TIMER_NAMES, metaKey } from './job-rows.ts';
import type { StateLayout, StoredOperator } from './operator-meta.ts';
import { CUT_ROWS, META_ROWS, keyPart, parseGroup, rowPrefix, tagOf } from './row-keys.ts';
import { parseTime } from './time-text.ts';

interface Group {
  readonly operator: string;
  readonly name: string;
  readonly layout: StateLayout | 'timers';
  /** Undefined: the number of partitions stays. */
  readonly count: number | undefined;
}

/** Decides where the rows of a savepoint go when sub-topologies get another number of partitions. */
export class RowMover {
  readonly #groups = new Map<string, Group>();
  readonly #operators: readonly StoredOperator[];
  readonly #counts: Readonly<Record<string, number>>;
  readonly #changed: ReadonlySet<string>;

  constructor(
    savepoint: {
      readonly job: string;
      readonly partitions: Readonly<Record<string, number>>;
      readonly operators: readonly StoredOperator[];
    },
    partitions: Readonly<Record<string, number>>,
  ) {
    const { job, operators } = savepoint;
    this.#operators = operators;
    this.#counts = { ...savepoint.partitions, ...partitions };
    this.#changed = new Set(Object.keys(partitions).filter((id) => partitions[id] !== savepoint.partitions[id]));
    for (const { operator, subTopology, states } of operators) {
      const count = this.#changed.has(subTopology) ? this.#counts[subTopology] : undefined;
      for (const [name, { layout }] of Object.entries(states)) {
        this.#groups.set(tagOf(job, operator, name), { operator, name, layout, count });
      }
      for (const name of TIMER_NAMES) {
        this.#groups.set(tagOf(job, operator, name), { operator, name, layout: 'timers', count });
      }
    }
  }

  /** Fails when the row belongs to a task and the number of tasks changes, or to nothing that the manifest names. */
  check(row: Row): void {
    if (row.key.startsWith(META_ROWS) || row.key.startsWith(CUT_ROWS)) return;
    const group = this.#groups.get(row.key.slice(0, 6));
    if (group === undefined) {
      throw new StreamError('SAVEPOINT_INVALID', `row "${row.key}" belongs to no operator of the manifest`);
    }
    if (group.count !== undefined && (group.layout === 'taskMap' || group.layout === 'taskRows')) {
      throw new StreamError(
        'SAVEPOINT_INVALID',
        `'${group.name}' belongs to tasks and not to keys, so their number must stay`,
        {
          operator: group.operator,
          remedy: 'Restore with the partition count that the savepoint was taken with.',
        },
      );
    }
  }

  /** Key under which a row is restored; undefined: it is left out (operator rows are made anew). */
  newKey({ key, value }: Row): string | undefined {
    if (key.startsWith(META_ROWS)) return undefined;
    if (key.startsWith(CUT_ROWS)) return this.#changed.has(readCutRow(value).subTopology) ? undefined : key;
    const group = this.#groups.get(key.slice(0, 6))!;
    if (group.count === undefined) return key;
    const part = keyPart(key);
    return rowPrefix(key.slice(0, 6), partitionOf(keyTextOf(group.layout, part), group.count)) + part;
  }

  /** The operator rows of the new tasks: of each operator what all its old ones know together. */
  *operatorRows(): IterableIterator<Row> {
    const merged = new Map<string, StoredOperator>();
    for (const stored of this.#operators) {
      const other = merged.get(stored.operator);
      merged.set(stored.operator, other === undefined ? stored : merge(other, stored));
    }
    for (const stored of this.#operators) {
      if (!this.#changed.has(stored.subTopology)) yield row(stored);
    }
    for (const stored of merged.values()) {
      if (!this.#changed.has(stored.subTopology)) continue;
      for (let partition = 0; partition < this.#counts[stored.subTopology]!; partition++)
        yield row({ ...stored, partition });
    }
  }
}

function row(stored: StoredOperator): Row {
  return { key: metaKey(stored), value: Buffer.from(JSON.stringify(stored)) };
}

function merge(a: StoredOperator, b: StoredOperator): StoredOperator {
  const states = { ...a.states };
  for (const [name, state] of Object.entries(b.states)) {
    const other = states[name];
    states[name] = other === undefined || other.version < state.version ? state : other;
  }
  return { ...a, keyType: a.keyType ?? b.keyType, incarnation: Math.max(a.incarnation, b.incarnation), states };
}

function keyTextOf(layout: Group['layout'], part: string): string {
  switch (layout) {
    case 'value':
      return part;
    case 'list':
    case 'map':
      return parseGroup(part).keyText;
    case 'timers':
      return parseTime(part).rest;
    case 'taskMap':
    case 'taskRows':
      throw new StreamError('SAVEPOINT_INVALID', 'rows of tasks have no key');
  }
}
