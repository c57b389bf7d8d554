/**
 * Runs a query on all of its input and gives its result, in several layouts: what the layout is must not be seen in it.
 * The source of a query is called `events`, its sink `rows` (mode append) or `table` (mode final).
 */
import type { Topology } from '../../src/index.ts';
import { TopologyDriver } from '../../src/testing/index.ts';
import type { WholeInputCase } from './case-files.ts';
import { readInput } from './case-files.ts';
import type { Layout } from './layouts.ts';
import type { Change } from './result-topics.ts';

export interface WholeInputQuery {
  readonly topology: Topology<Readonly<Record<string, never>>>;
  /** Lines of the input that count. Default: all. */
  readonly lines?: number;
  /** Events of a key stay in order. Default: they go to the partitions in turn. */
  readonly orderedBy?: (event: never) => number;
}

/** The rows of a query in order of their arrival, or those of the table that is left. */
export async function runWholeInput(
  query: WholeInputQuery,
  wanted: WholeInputCase,
  layout: Layout,
): Promise<readonly object[]> {
  const events = readInput(wanted).slice(0, query.lines);
  const parts = spread(events, query, layout.partitions);
  const third = Math.ceil(events.length / 3);
  await using driver = await TopologyDriver.open(query.topology, layout);
  const feed = async (from: number): Promise<void> => {
    const writes = parts.map((part, partition) => {
      const values = part.filter(({ line }) => line >= from && line < from + third).map(({ event }) => event);
      return driver.input('events').sendAll(values, { partition });
    });
    await Promise.all(writes);
  };
  await feed(0);
  if (layout.crash) await Promise.all([feed(third), driver.restart({ crash: true })]);
  else await feed(third);
  await feed(2 * third);
  if (wanted.mode === 'append') return driver.output<object>('rows').values();
  return tableOf(driver.output<Change>('table').values());
}

interface Placed {
  readonly line: number;
  readonly event: unknown;
}

function spread(events: readonly unknown[], { orderedBy }: WholeInputQuery, partitions: number): readonly Placed[][] {
  const parts: Placed[][] = Array.from({ length: partitions }, () => []);
  for (const [line, event] of events.entries()) {
    const place = orderedBy === undefined ? line : orderedBy(event as never);
    parts[place % partitions]!.push({ line, event });
  }
  return parts;
}

function tableOf(changes: readonly Change[]): readonly object[] {
  const table = new Map(changes.map(({ key, row }) => [key, row]));
  return [...table.values()].filter((row) => row !== null);
}
