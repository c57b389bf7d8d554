/** All rows of one job in a store, found by the rows that its operators left about themselves. */
import type { Row, ScanRange, Store } from '../core/store.ts';
import { prefixEnd } from '../core/store.ts';
import { ByteReader } from '../core/byte-reader.ts';
import { parseStoredOperator } from './operator-meta.ts';
import type { StoredOperator } from './operator-meta.ts';
import { CUT_ROWS, META_ROWS, parseGroup, keyPart, rowPrefix, tagOf } from './row-keys.ts';

/** A backend whose rows can be read as they were last committed. Nothing may be committed meanwhile. */
export interface RowSource {
  rows(job: string): AsyncIterable<readonly Row[]>;
}

export const EVERYTHING: ScanRange = { from: '', to: '\u{10ffff}' };

/** Tags of what an operator keeps besides its named states. */
export const TIMER_NAMES = ['#event', '#processing'] as const;

/** What the operators of a job (of all jobs without one) left about themselves. */
export async function storedOperators(store: Store, job?: string): Promise<StoredOperator[]> {
  const operators: StoredOperator[] = [];
  for await (const rows of store.scan({ from: META_ROWS, to: prefixEnd(META_ROWS) })) {
    for (const { value } of rows) {
      const operator = parseStoredOperator(value);
      if (job === undefined || operator.job === job) operators.push(operator);
    }
  }
  return operators;
}

/**
 * Rows of a job: operator rows, cut rows, states and timers. Left out is what is derived: the expiry index (it is made again
 * when the state is opened) and rows of dropped lists and maps.
 */
export async function* rowsOfJob(store: Store, job: string): AsyncIterable<readonly Row[]> {
  const operators = await storedOperators(store, job);
  const metas = new Map(operators.map((operator) => [metaKey(operator), operator]));
  for await (const rows of store.scan({ from: META_ROWS, to: prefixEnd(META_ROWS) })) {
    yield rows.filter(({ key }) => metas.has(key)).map(({ key }) => ({ key, value: withoutIndex(metas.get(key)!) }));
  }
  for await (const rows of store.scan({ from: CUT_ROWS, to: prefixEnd(CUT_ROWS) })) {
    yield rows.filter(({ value }) => new ByteReader(value).sizedText() === job);
  }
  for (const operator of operators) {
    for (const [name, { layout }] of Object.entries(operator.states)) {
      const rows = scanName(store, operator, name);
      yield* layout === 'list' || layout === 'map' ? withoutGarbage(rows) : rows;
    }
    for (const name of TIMER_NAMES) yield* scanName(store, operator, name);
  }
}

export function metaKey({ job, operator, partition }: Pick<StoredOperator, 'job' | 'operator' | 'partition'>): string {
  return META_ROWS + rowPrefix(tagOf(job, operator), partition);
}

function scanName(
  store: Store,
  { job, operator, partition }: StoredOperator,
  name: string,
): AsyncIterable<readonly Row[]> {
  const prefix = rowPrefix(tagOf(job, operator, name), partition);
  return store.scan({ from: prefix, to: prefixEnd(prefix) });
}

function withoutIndex(operator: StoredOperator): Buffer {
  const states = Object.fromEntries(
    Object.entries(operator.states).map(([name, state]) => [name, { ...state, ttl: false }]),
  );
  return Buffer.from(JSON.stringify({ ...operator, states }));
}

/** Of lists and maps only the rows of the incarnation that the head row names; the head comes first. */
async function* withoutGarbage(chunks: AsyncIterable<readonly Row[]>): AsyncIterable<readonly Row[]> {
  let owner: string | undefined;
  let alive = '';
  for await (const rows of chunks) {
    yield rows.filter(({ key, value }) => {
      const { keyText, sub } = parseGroup(keyPart(key));
      if (sub !== '') return keyText === owner && /^[0-9a-z]+/.exec(sub)?.[0] === alive;
      const reader = new ByteReader(value);
      reader.varuint();
      owner = keyText;
      alive = reader.varuint().toString(36);
      return true;
    });
  }
}
