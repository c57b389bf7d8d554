/** Rows that are to become one table: their bytes behind each other, and where keys and values lie in them. */

export interface PlacedRows {
  readonly bytes: Buffer;
  readonly count: number;
  /** Of each row: start and end of its key, start and end of its value. Start of value below 0: the row is deleted. */
  readonly places: Int32Array;
}

/** Numbers a row has in `places`. */
export const PLACES = 4;

/** Values are copied four bytes at a time, so behind the last one there are as many to read. */
export const SLACK = 4;
