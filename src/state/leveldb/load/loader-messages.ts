/** Between the thread of a store and the one that builds its tables. */
import type { SharedRows } from './row-buffer.ts';
import type { BuiltTable } from './build-table.ts';

export interface BuildRequest {
  readonly id: number;
  readonly path: string;
  readonly sequence: number;
  /** Not changed until the answer. */
  readonly rows: SharedRows;
  readonly count: number;
  readonly byteLength: number;
}

export interface BuildAnswer {
  readonly id: number;
  /** The table, or why there is none. */
  readonly result: BuiltTable | string;
}
