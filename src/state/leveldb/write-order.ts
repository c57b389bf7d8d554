/**
 * An order to write rows in: about that of their keys, which LevelDB takes in at a third of the cost of any other order.
 * Its memory table is a skip list, where a row beside the one before needs no search.
 *
 * Sorting texts would cost more than it saves. So a key becomes a number of 44 bits, of what follows the beginning that
 * the keys of its range have in common, in base (characters in use + 1). With the place of the row behind it that is a
 * 64-bit integer, and typed arrays sort those natively. What is common and in use is learned from a sample: the order
 * may be wrong, except that rows of the same key stay in theirs.
 */
import { PREFIX_LENGTH } from '../row-keys.ts';

/** Fewer rows of a range are not worth it. */
const fewestRows = 64;
const rowBits = 20;
const mostRows = 2 ** rowBits;
const keyBits = 64 - rowBits;
const keyBitsBelow = 2 ** (32 - rowBits);
const samples = 64;
const stride = 64;
/** Characters from here on count as the same. */
const characters = 256;

/** Which row comes when. */
export function writeOrder(keys: readonly string[]): Uint32Array {
  const order = new Uint32Array(keys.length);
  for (let row = 0; row < order.length; row++) order[row] = row;
  for (let from = 0, to = 0; from < keys.length; from = to) {
    to = endOfRange(keys, from);
    if (to - from >= fewestRows) sortRange(keys, from, to, order);
  }
  return order;
}

/** Rows come range by range, since each state writes all of its own at once; a few others among them do no harm. */
function endOfRange(keys: readonly string[], from: number): number {
  const range = keys[from]!.slice(0, PREFIX_LENGTH);
  const most = Math.min(keys.length, from + mostRows);
  let to = from + 1;
  while (to + stride < most && keys[to + stride]!.startsWith(range)) to += stride;
  while (to < most && keys[to]!.startsWith(range)) to++;
  return to;
}

function sortRange(keys: readonly string[], from: number, to: number, order: Uint32Array): void {
  const { shared, digits, base } = learn(keys, from, to);
  const digitCount = Math.floor(keyBits / Math.log2(base));
  const powers = Array.from({ length: digitCount + 1 }, (_, exponent) => base ** exponent);
  const numbers = new BigUint64Array(to - from);
  const halves = new Uint32Array(numbers.buffer);
  for (let i = 0; i < numbers.length; i++) {
    const key = keys[from + i]!;
    const last = Math.min(key.length, shared + digitCount);
    let number = 0;
    for (let at = shared; at < last; at++) {
      number = number * base + digits[Math.min(key.charCodeAt(at), characters - 1)]!;
    }
    number *= powers[digitCount - Math.max(0, last - shared)]!;
    const high = Math.floor(number / keyBitsBelow);
    halves[2 * i] = ((number - high * keyBitsBelow) << rowBits) | i;
    halves[2 * i + 1] = high;
  }
  numbers.sort();
  for (let i = 0; i < numbers.length; i++) order[from + i] = from + (halves[2 * i]! & (mostRows - 1));
}

interface Alphabet {
  /** How many characters the keys begin with that tell nothing. */
  readonly shared: number;
  /** Of each character, from 1 on: 0 stands for the end of a key. */
  readonly digits: Uint16Array;
  readonly base: number;
}

function learn(keys: readonly string[], from: number, to: number): Alphabet {
  const step = Math.ceil((to - from) / samples);
  const first = keys[from]!;
  let shared = first.length;
  for (let row = from; row < to; row += step) {
    const key = keys[row]!;
    let at = 0;
    while (at < shared && at < key.length && key.charCodeAt(at) === first.charCodeAt(at)) at++;
    shared = at;
  }
  const used = new Uint8Array(characters);
  for (let row = from; row < to; row += step) {
    const key = keys[row]!;
    for (let at = shared; at < key.length; at++) used[Math.min(key.charCodeAt(at), characters - 1)] = 1;
  }
  const digits = new Uint16Array(characters);
  let digit = 1; // characters that the sample does not have count as the one before
  for (let character = 0; character < characters; character++) digits[character] = digit += used[character]!;
  return { shared, digits, base: digit + 1 };
}
