import type { Topology } from '../../../src/index.ts';
import { aggregates } from './aggregates.ts';
import { globalTableJoins } from './global-table-joins.ts';
import { groupedTables } from './grouped-tables.ts';
import { streamTableJoins } from './stream-table-joins.ts';
import { tableJoins } from './table-joins.ts';

/** By the id of the case. */
export const kafkaStreams: Readonly<Record<string, Topology<Readonly<Record<string, never>>>>> = {
  ...aggregates,
  ...groupedTables,
  ...tableJoins,
  ...streamTableJoins,
  ...globalTableJoins,
};
