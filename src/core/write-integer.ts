/** Characters of the longest safe integer. */
export const mostDigits = 17;

/** Digits of a safe integer at `position`, where there is room; returns the position after them. */
export function writeInteger(buffer: Buffer, position: number, value: number): number {
  let p = position;
  let rest = value;
  if (rest < 0) {
    buffer[p++] = 45;
    rest = -rest;
  }
  if (rest < 1e9) return writeDigits(buffer, p, rest | 0, 1);
  const high = Math.floor(rest / 1e9);
  const low = rest - high * 1e9;
  return writeDigits(buffer, writeDigits(buffer, p, high, 1), low | 0, 9);
}

/** Digits of an integer below 10^9, at least `size` of them. */
export function writeDigits(buffer: Buffer, position: number, value: number, size: number): number {
  let digits = size;
  for (let limit = 10; digits < 9 && value >= limit; limit *= 10) digits++;
  let rest = value;
  for (let at = position + digits - 1; at >= position; at--) {
    const next = (rest / 10) | 0;
    buffer[at] = 48 + rest - next * 10;
    rest = next;
  }
  return position + digits;
}
