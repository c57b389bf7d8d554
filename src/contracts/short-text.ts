/**
 * Short ASCII text from bytes. A native slice costs about the same for 1 and for 50 bytes; below the limit one
 * String.fromCharCode call with all units is two to four times faster. Its arguments must be written out, so the switch
 * over lengths is generated.
 */
import { compile } from './compile.ts';

export const shortTextLimit = 24;

const units = Array.from({ length: shortTextLimit }, (_, i) => `b[p+${i}]`);
const cases = units.map((_, i) => `case ${i + 1}: return f(${units.slice(0, i + 1).join()});`).join('\n');

export const shortText = compile(
  ['f'],
  [String.fromCharCode],
  `return (b, p, length) => { switch (length) {\n${cases}\ndefault: return ''; } };`,
) as (bytes: Buffer, start: number, length: number) => string;
