/** Which task a row of state belongs to, told from the row. */
import type { Row } from '../core/store.ts';
import { StreamError } from '../core/stream-error.ts';
import { TIMER_NAMES } from './job-rows.ts';
import { parseStoredOperator, type StoredOperator } from './operator-meta.ts';
import { META_ROWS, tagOf } from './row-keys.ts';

export interface RowPlace {
  readonly operator: string;
  readonly partition: number;
}

/** Operators by the tags of their rows. */
export function tagsOf(job: string, operators: readonly StoredOperator[]): ReadonlyMap<string, string> {
  return new Map(
    operators.flatMap(({ operator, states }) =>
      [...Object.keys(states), ...TIMER_NAMES].map((name) => [tagOf(job, operator, name), operator] as const),
    ),
  );
}

/** Of an operator row, a row of a state, or a timer. */
export function placeOfRow({ key, value }: Row, tags: ReadonlyMap<string, string>): RowPlace {
  if (key.startsWith(META_ROWS)) return parseStoredOperator(value);
  const operator = tags.get(key.slice(0, 6));
  if (operator === undefined) throw new StreamError('SAVEPOINT_INVALID', `row "${key}" belongs to no operator`);
  return { operator, partition: parseInt(key.slice(6, 9), 36) };
}
