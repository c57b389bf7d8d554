import type { JsonScanner } from './json-scanner.ts';

/**
 * How a document looks, from its brace on: its keys with the exact bytes before each value, white space included.
 *
 *   {"type": "bid", "price": 120}
 *   ^^^^^^^^^     ^^^^^^^^^^^   ^
 *   before 0      before 1     after
 */
export interface Layout {
  readonly members: readonly LayoutMember[];
  /** ASCII, from the last value to the end of the object. */
  readonly after: string;
}

export interface LayoutMember {
  readonly key: string;
  /** ASCII, from the value before, or from the brace. */
  readonly before: string;
  /** The value as it stood in the document looked at, cut to a few bytes. */
  readonly sample: string;
}

const mostMembers = 256;
const sampleBytes = 20;

/**
 * The layout of a document that was read before; undefined for one that is not worth remembering: no members, very
 * many, the same key twice, or anything but ASCII around the values.
 */
export function layoutOf(bytes: Buffer, start: number, end: number, scanner: JsonScanner): Layout | undefined {
  const members: LayoutMember[] = [];
  const keys = new Set<string>();
  let from = scanner.space(bytes, start);
  let position = scanner.space(bytes, from + 1);
  while (bytes[position] === quote) {
    const keyEnd = scanner.skipString(bytes, position);
    const key = JSON.parse(bytes.utf8Slice(position, keyEnd)) as string;
    const value = scanner.space(bytes, scanner.space(bytes, keyEnd) + 1);
    const valueEnd = scanner.skip(bytes, value);
    const before = bytes.latin1Slice(from, value);
    if (!isAscii(before) || keys.has(key) || keys.size === mostMembers) return undefined;
    keys.add(key);
    members.push({ key, before, sample: bytes.latin1Slice(value, Math.min(valueEnd, value + sampleBytes)) });
    from = valueEnd;
    position = scanner.space(bytes, valueEnd);
    if (bytes[position] === comma) position = scanner.space(bytes, position + 1);
  }
  const after = bytes.latin1Slice(from, end).trimEnd();
  return members.length === 0 || !isAscii(after) ? undefined : { members, after };
}

const quote = 0x22;
const comma = 0x2c;

export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}
