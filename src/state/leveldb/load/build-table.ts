import { closeSync, openSync } from 'node:fs';
import type { Checksum } from '../../../core/crc32c.ts';
import type { PlacedRows } from './row-places.ts';
import { sortRows } from './sort-rows.ts';
import { TableWriter, type TableFile } from './table-writer.ts';

export interface BuiltTable extends TableFile {
  /** Ranges that its rows lie in. */
  readonly ranges: ReadonlySet<string>;
}

/** Writes rows as a table, of each key the last one. `sequence` says how new they are beside those of other tables. */
export function buildTable(path: string, rows: PlacedRows, sequence: number, checksum: Checksum): BuiltTable {
  const { order, ranges } = sortRows(rows);
  const file = openSync(path, 'wx');
  try {
    const table = new TableWriter(file, rows, sequence, checksum);
    for (let i = 0; i < order.length; i++) table.put(order[i]!);
    return { ...table.finish(), ranges };
  } finally {
    closeSync(file);
  }
}
