/**
 * Order of rows by the bytes of their keys, and of each key only the row that came last.
 *
 * Keys of one state begin alike, and use few different bytes behind that (digits, say). So a key becomes a number of 44
 * bits, in base (bytes in use + 1), of what follows the common beginning: enough for 12 digits. With the number of the row
 * behind it that is a 64-bit integer, and typed arrays sort those natively. What those bits do not tell apart is compared.
 */
import { PREFIX_LENGTH, rangeOfRow } from '../../row-keys.ts';
import { PLACES, type PlacedRows } from './row-places.ts';

const rowBits = 20;
const keyBits = 64 - rowBits;
const keyBitsBelow = 2 ** (32 - rowBits);
/** So many keys are looked at first to learn what keys are made of; all of them only where that was not enough. */
const samples = 1_024;

/** Most rows that can be sorted. */
export const MOST_ROWS = 2 ** rowBits;

export interface SortedRows {
  /** Which rows, in their order. */
  readonly order: Int32Array;
  /** Ranges that they lie in, see rangeOfRow. */
  readonly ranges: ReadonlySet<string>;
}

export function sortRows(rows: PlacedRows): SortedRows {
  const order = new Int32Array(rows.count);
  const states = statesOf(rows);
  let sorted = 0;
  for (const state of states) sorted = sortState(rows, state, order, sorted);
  return { order: order.subarray(0, sorted), ranges: new Set(states.flatMap((state) => rangesOf(rows, state))) };
}

/** Only rows of a state (no operator rows, cut rows, or others) are all in one range. */
function rangesOf({ bytes, places }: PlacedRows, { first, members, count }: StateRows): readonly string[] {
  const rangeOf = (row: number): string =>
    rangeOfRow(bytes.toString('utf8', places[PLACES * row], places[PLACES * row + 1]));
  const isOfState = rangeOf(first).length === PREFIX_LENGTH && !/^[!$~]/.test(rangeOf(first));
  return isOfState ? [rangeOf(first)] : Array.from(members.subarray(0, count), rangeOf);
}

/** Rows whose keys begin with the same tag and partition. */
interface StateRows {
  readonly first: number;
  readonly members: Int32Array;
  count: number;
}

/** In the order of what their keys begin with. */
function statesOf(rows: PlacedRows): readonly StateRows[] {
  const { count } = rows;
  const states: StateRows[] = [];
  let state: StateRows | undefined;
  for (let row = 0; row < count; row++) {
    if (state === undefined || !isMember(rows, state.first, row)) {
      state = states.find(({ first }) => isMember(rows, first, row));
      if (state === undefined) states.push((state = { first: row, members: new Int32Array(count - row), count: 0 }));
    }
    state.members[state.count++] = row;
  }
  return states.sort((a, b) => compareKeys(rows, a.first, b.first) || a.first - b.first);
}

// Keys that are too short to be of a state are alone with their like.
function isMember({ bytes, places }: PlacedRows, first: number, row: number): boolean {
  const a = places[PLACES * first]!;
  const b = places[PLACES * row]!;
  const lengthA = places[PLACES * first + 1]! - a;
  const lengthB = places[PLACES * row + 1]! - b;
  if ((lengthA < PREFIX_LENGTH || lengthB < PREFIX_LENGTH) && lengthA !== lengthB) return false;
  for (let i = Math.min(lengthA, PREFIX_LENGTH) - 1; i >= 0; i--) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}

/** Puts the rows into `order` from `start` on; returns where they end. */
function sortState(rows: PlacedRows, state: StateRows, order: Int32Array, start: number): number {
  const { members, count } = state;
  const step = Math.ceil(count / samples);
  const numbers = numberKeys(rows, state, learn(rows, state, step)) ?? numberKeys(rows, state, learn(rows, state, 1))!;
  const halves = new Uint32Array(numbers.buffer);
  numbers.sort();
  let end = start;
  for (let from = 0, to = 0; from < count; from = to) {
    const high = halves[2 * from + 1];
    const low = halves[2 * from]! >>> rowBits;
    const alike = end;
    for (to = from; to < count && halves[2 * to + 1] === high && halves[2 * to]! >>> rowBits === low; to++) {
      order[end++] = members[halves[2 * to]! & (MOST_ROWS - 1)]!;
    }
    if (to - from > 1) end = sortAlike(rows, order, alike, end);
  }
  return end;
}

/** Sorts `[start, end)` of `order`, and leaves of each key the newest; returns where they end. */
function sortAlike(rows: PlacedRows, order: Int32Array, start: number, end: number): number {
  const alike = order.subarray(start, end).sort((a, b) => compareKeys(rows, a, b) || a - b);
  let to = start;
  for (let i = 0; i < alike.length; i++) {
    const isNewest = i + 1 === alike.length || compareKeys(rows, alike[i]!, alike[i + 1]!) !== 0;
    if (isNewest) order[to++] = alike[i]!;
  }
  return to;
}

interface Alphabet {
  /** Bytes at the beginning that the keys have in common. */
  readonly shared: number;
  /** Of each byte behind those, from 1 on: 0 stands for the end of a key. 0: there is no such byte. */
  readonly digits: Uint16Array;
  readonly base: number;
}

/** What the keys of a state are made of, as far as each `step`th of them tells. */
function learn({ bytes, places }: PlacedRows, { first, members, count }: StateRows, step: number): Alphabet {
  const used = new Uint8Array(256);
  const firstStart = places[PLACES * first]!;
  let shared = places[PLACES * first + 1]! - firstStart;
  for (let i = 0; i < count; i += step) {
    const start = places[PLACES * members[i]!]!;
    const length = places[PLACES * members[i]! + 1]! - start;
    const limit = Math.min(shared, length);
    let at = Math.min(limit, PREFIX_LENGTH);
    while (at < limit && bytes[firstStart + at] === bytes[start + at]) at++;
    for (let j = at; j < shared; j++) used[bytes[firstStart + j]!] = 1; // all before had these
    shared = at;
    for (let j = at; j < length; j++) used[bytes[start + j]!] = 1;
  }
  const digits = new Uint16Array(256);
  let base = 1;
  for (let byte = 0; byte < 256; byte++) if (used[byte] !== 0) digits[byte] = base++;
  return { shared, digits, base };
}

/** The keys as numbers, each with the place of its row in `members`. Undefined: there is more in them than was learned. */
function numberKeys(
  { bytes, places }: PlacedRows,
  { first, members, count }: StateRows,
  { shared, digits, base }: Alphabet,
): BigUint64Array<ArrayBuffer> | undefined {
  const digitCount = Math.floor(keyBits / Math.log2(Math.max(2, base)));
  const powers = Array.from({ length: digitCount + 1 }, (_, exponent) => base ** exponent);
  const common = Math.min(shared, PREFIX_LENGTH); // members have it, or they would not be
  const firstStart = places[PLACES * first]!;
  const numbers = new BigUint64Array(count);
  const halves = new Uint32Array(numbers.buffer);
  for (let i = 0; i < count; i++) {
    const start = places[PLACES * members[i]!]!;
    const end = places[PLACES * members[i]! + 1]!;
    if (end - start < shared) return undefined;
    for (let j = common; j < shared; j++) if (bytes[firstStart + j] !== bytes[start + j]) return undefined;
    let at = start + shared;
    const last = Math.min(end, at + digitCount);
    const left = digitCount - last + at;
    let number = 0;
    while (at < last) {
      const digit = digits[bytes[at++]!]!;
      if (digit === 0) return undefined;
      number = number * base + digit;
    }
    number *= powers[left]!;
    const high = Math.floor(number / keyBitsBelow);
    halves[2 * i] = ((number - high * keyBitsBelow) << rowBits) | i;
    halves[2 * i + 1] = high;
  }
  return numbers;
}

/** Below 0: the key of row `a` comes first; 0: they are the same. */
function compareKeys({ bytes, places }: PlacedRows, a: number, b: number): number {
  let atA = places[PLACES * a]!;
  let atB = places[PLACES * b]!;
  const endA = places[PLACES * a + 1]!;
  const endB = places[PLACES * b + 1]!;
  while (atA < endA && atB < endB) {
    const difference = bytes[atA++]! - bytes[atB++]!;
    if (difference !== 0) return difference;
  }
  return endA - atA - (endB - atB);
}
