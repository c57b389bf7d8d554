import { json, topic, type Topic } from '../../src/index.ts';

/** What stands under a key of a result table from now on. */
export interface Change {
  readonly key: string;
  /** Null: nothing any more. */
  readonly row: object | null;
}

/** Where queries write rows that are never changed. */
export const rows: Topic<object> = topic('rows', json<object>('row'));

/** Where queries write results that replace one another. */
export const table: Topic<Change> = topic('table', json<Change>('change'), { key: ({ key }) => key });
