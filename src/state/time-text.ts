/**
 * Times (and other integers up to 2^52) as nine characters that sort like the numbers, for row keys. Six bits a character
 * in an alphabet that is in ASCII order; pairs come from a table, because timers are written by the million.
 */
const ALPHABET = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
const PAIRS = Array.from({ length: 4096 }, (_, i) => ALPHABET[i >> 6]! + ALPHABET[i & 63]!);
const LENGTH = 9;
const OFFSET = 2 ** 52;

/** Times beyond this (some 142,000 years) are the same as this. */
export const MAX_TIME = OFFSET - 1;

export function timeText(time: number): string {
  const shifted = time + OFFSET;
  const high = Math.floor(shifted / 2 ** 36);
  const middle = Math.floor(shifted / 2 ** 18) & 0x3ffff;
  const low = shifted % 2 ** 18;
  return (
    PAIRS[high >> 6]! +
    ALPHABET[high & 63]! +
    PAIRS[middle >> 6]! +
    ALPHABET[middle & 63]! +
    PAIRS[low >> 6]! +
    ALPHABET[low & 63]!
  );
}

/** Splits `<time><rest>`. */
export function parseTime(part: string): { readonly time: number; readonly rest: string } {
  let shifted = 0;
  for (let i = 0; i < LENGTH; i++) shifted = shifted * 64 + ALPHABET.indexOf(part[i]!);
  return { time: shifted - OFFSET, rest: part.slice(LENGTH) };
}
