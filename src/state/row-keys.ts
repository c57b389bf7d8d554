/**
 * Layout of row keys. Keys are text, stored as UTF-8, ordered by code points.
 *
 *   TTTTTT PPP key part
 *   |      |   value states: the key text
 *   |      |   lists, maps:  <length of the key text in base 36>:<key text><sub>, sub '' = the head row
 *   |      |   timers:       <time, 9 characters><key text>
 *   |      |   expiry index: <time, 9 characters><key text>, or of a map entry ...<length>:<key text><entry>
 *   |      |   task maps:    <entry>;  task rows: <sequence, 9 characters>
 *   |      partition, base 36
 *   tag: first 36 bits of SHA-256 of `job/operator/name`, base64url
 *
 *   ! TTTTTT PPP   what an operator declares (JSON, see operator-meta.ts); tag of `job/operator`
 *   $ TTTTTT PPP   cut row of a task; tag of `job/sub-topology`
 *
 * An `<entry>` is the canonical text of a map key behind `s` (text) or `n` (number). Sub keys of large lists are
 * `<incarnation>P<page>`, of large maps `<incarnation>C<chunk>` and `<incarnation>E<entry>`, numbers in base 36 (which has no capitals).
 */
import { createHash } from 'node:crypto';
import type { Key } from '../core/partitioner.ts';
import { prefixEnd } from '../core/store.ts';
import { StreamError } from '../core/stream-error.ts';

/** Bytes of the tag and partition that every row key of a state begins with. */
export const PREFIX_LENGTH = 9;

/** Operator rows and cut rows sort before all tags. */
export const META_ROWS = '!';
export const CUT_ROWS = '$';

export function tagOf(...path: readonly string[]): string {
  return createHash('sha256').update(path.join('/')).digest('base64url').slice(0, 6);
}

/** Prefix of all rows with this tag of one partition. */
export function rowPrefix(tag: string, partition: number): string {
  if (!Number.isInteger(partition) || partition < 0 || partition >= 36 ** 3) {
    throw new StreamError('CONFIG_INVALID', `partition ${String(partition)} is not between 0 and 46655`);
  }
  return tag + partition.toString(36).padStart(3, '0');
}

/** What all rows begin with that lie in one range with this one: tag and partition, or for rows without them the whole key. */
export function rangeOfRow(rowKey: string): string {
  if (rowKey.startsWith('~')) return rowKey;
  return rowKey.slice(
    0,
    rowKey.startsWith(META_ROWS) || rowKey.startsWith(CUT_ROWS) ? 1 + PREFIX_LENGTH : PREFIX_LENGTH,
  );
}

/** The smallest text behind all keys of a range that `rangeOfRow` gave. */
export function rangeEnd(range: string): string {
  return range.startsWith('~') ? `${range}\0` : prefixEnd(range);
}

/** The part of a row key after its prefix. */
export function keyPart(rowKey: string): string {
  return rowKey.slice(PREFIX_LENGTH);
}

/** The key part under which all rows of a key's list or map begin. */
export function groupPart(keyText: string): string {
  return `${keyText.length.toString(36)}:${keyText}`;
}

/** Splits `<length>:<key text><sub>`. */
export function parseGroup(part: string): { readonly keyText: string; readonly sub: string } {
  const colon = part.indexOf(':');
  const end = colon + 1 + parseInt(part.slice(0, colon), 36);
  if (colon < 1 || !(end <= part.length)) throw new StreamError('STATE_CORRUPT', `row key "${part}" has no key text`);
  return { keyText: part.slice(colon + 1, end), sub: part.slice(end) };
}

export function entryText(key: Key): string {
  return typeof key === 'number' ? `n${String(key)}` : `s${key}`;
}

export function parseEntry(text: string): Key {
  return text.startsWith('n') ? Number(text.slice(1)) : text.slice(1);
}
