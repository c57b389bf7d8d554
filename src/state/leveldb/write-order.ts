/**
 * An order to write rows in: about that of their keys, the last one first. LevelDB takes rows in at a third of the cost of
 * any other order then, and at two thirds of that of the first one first: its memory table is a skip list, where the place
 * of a row in front of all others is found with one comparison a level.
 *
 * Comparing keys would cost more than it saves. So a key becomes a number of 44 bits, of what follows the beginning that
 * the keys of its range have in common, in base (bytes in use + 1). With the place of the row behind it that is a 64-bit
 * integer, and typed arrays sort those natively. What is common and in use is learned from a sample: the order may be
 * wrong, except that rows of the same key stay in theirs.
 */
import type { RowBatch } from '../../core/row-batch.ts';
import { PREFIX_LENGTH } from '../row-keys.ts';

/** Fewer rows of a range are not worth it. */
const fewestRows = 64;
const rowBits = 20;
const mostRows = 2 ** rowBits;
const keyBits = 64 - rowBits;
const mostNumber = 2 ** keyBits - 1;
const keyBitsBelow = 2 ** (32 - rowBits);
const samples = 64;
const stride = 64;

/** Which row comes when. */
export function writeOrder(rows: RowBatch): Uint32Array {
  const order = new Uint32Array(rows.count);
  for (let row = 0; row < order.length; row++) order[row] = row;
  for (let from = 0, to = 0; from < order.length; from = to) {
    to = endOfRange(rows, from);
    if (to - from >= fewestRows) sortRange(rows, from, to, order);
  }
  return order;
}

/** Rows come range by range, since each state writes all of its own at once; a few others among them do no harm. */
function endOfRange(rows: RowBatch, from: number): number {
  const most = Math.min(rows.count, from + mostRows);
  let to = from + 1;
  while (to + stride < most && isInRangeOf(rows, from, to + stride)) to += stride;
  while (to < most && isInRangeOf(rows, from, to)) to++;
  return to;
}

function isInRangeOf(rows: RowBatch, first: number, row: number): boolean {
  return sharedBytes(rows, first, row, PREFIX_LENGTH) === PREFIX_LENGTH;
}

/** How many bytes at the beginning the keys of two rows have in common, `most` at most. */
function sharedBytes(rows: RowBatch, a: number, b: number, most: number): number {
  const { buffer } = rows.keys;
  const startA = rows.keyStart(a);
  const startB = rows.keyStart(b);
  const limit = Math.min(most, rows.keyEnds[a]! - startA, rows.keyEnds[b]! - startB);
  let shared = 0;
  while (shared < limit && buffer[startA + shared] === buffer[startB + shared]) shared++;
  return shared;
}

function sortRange(rows: RowBatch, from: number, to: number, order: Uint32Array): void {
  const { shared, digits, base } = learn(rows, from, to);
  const digitCount = Math.floor(keyBits / Math.log2(base));
  const powers = Array.from({ length: digitCount + 1 }, (_, exponent) => base ** exponent);
  const numbers = new BigUint64Array(to - from);
  const halves = new Uint32Array(numbers.buffer);
  const { buffer } = rows.keys;
  const { keyEnds } = rows;
  let start = rows.keyStart(from);
  for (let i = 0; i < numbers.length; i++) {
    const end = keyEnds[from + i]!;
    const first = Math.min(end, start + shared);
    const last = Math.min(end, first + digitCount);
    let number = 0;
    for (let at = first; at < last; at++) number = number * base + digits[buffer[at]!]!;
    number *= powers[digitCount - (last - first)]!;
    number = mostNumber - number;
    const high = Math.floor(number / keyBitsBelow);
    halves[2 * i] = ((number - high * keyBitsBelow) << rowBits) | i;
    halves[2 * i + 1] = high;
    start = end;
  }
  numbers.sort();
  for (let i = 0; i < numbers.length; i++) order[from + i] = from + (halves[2 * i]! & (mostRows - 1));
}

interface Alphabet {
  /** How many bytes the keys begin with that tell nothing. */
  readonly shared: number;
  /** Of each byte, from 1 on: 0 stands for the end of a key. */
  readonly digits: Uint16Array;
  readonly base: number;
}

function learn(rows: RowBatch, from: number, to: number): Alphabet {
  const step = Math.ceil((to - from) / samples);
  let shared = Infinity;
  for (let row = from; row < to; row += step) shared = sharedBytes(rows, from, row, shared);
  const used = new Uint8Array(256);
  for (let row = from; row < to; row += step) {
    for (let at = rows.keyStart(row) + shared; at < rows.keyEnds[row]!; at++) used[rows.keys.buffer[at]!] = 1;
  }
  const digits = new Uint16Array(256);
  let digit = 1; // bytes that the sample does not have count as the one before
  for (let byte = 0; byte < 256; byte++) digits[byte] = digit += used[byte]!;
  return { shared, digits, base: digit + 1 };
}
