/**
 * The generated code for documents of one known layout: bytes that must stand there, a value, bytes, a value, ... No loop
 * over keys, no look-up of names. Anything else returns `refused` or throws, and the walk of json-decoder-source.ts
 * starts over; so this code may give up wherever that is simpler, but must not accept what the walk refuses.
 *
 * Names in the generated code: b bytes, p position, s scanner, v its DataView, q end of a value, c a byte, w a number or
 * its first digits, h the rest of them, d the power of ten between, x0.. values of the fields.
 */
import { SourceWriter, fieldValue, literal, matches } from './json-decoder-source.ts';
import { isAscii } from './json-layout.ts';
import type { Layout, LayoutMember } from './json-layout.ts';
import type { RecordTag } from './record-tag.ts';
import type { FieldShape, RecordShape } from './shape.ts';

/** Digits that fit a small integer. */
const shortDigits = 9;

/** Source of a function body that returns `(b, p, s) => value | refused`; undefined: there is no such code. */
export function straightSource(shape: RecordShape, tag: RecordTag | undefined, layout: Layout): string | undefined {
  if (tag !== undefined && !isAscii(tag.value)) return undefined;
  const writer = new SourceWriter();
  const present = new Set<string>();
  const steps: string[] = [];
  /** Bytes that stand before the next value. */
  let expected = '';
  layout.members.forEach((member, i) => {
    const stop = (layout.members[i + 1]?.before ?? layout.after).charCodeAt(0);
    const field = shape.fields.find(({ name }) => name === member.key);
    expected += member.before;
    if (member.key === tag?.field) {
      expected += JSON.stringify(tag.value);
      return;
    }
    steps.push(expect(expected));
    expected = '';
    if (field === undefined) {
      steps.push(skip(member, stop));
      return;
    }
    present.add(field.name);
    steps.push(read(writer, field, { sample: member.sample, stop, x: `x${shape.fields.indexOf(field)}` }));
  });
  steps.push(expect(expected + layout.after));
  const properties = propertiesOf(shape, tag, present);
  if (properties === undefined) return undefined;
  return `
${writer.functions.join('\n')}
return function straight(b, p, s) {
  const v = s.view, last = s.lastWord;
  let q = 0, c = 0, w = 0, h = 0, d = 1;
  ${shape.fields.map((_, i) => `let x${i};`).join(' ')}
  ${steps.join('\n  ')}
  s.at = p;
  return { ${properties.join(', ')} };
};`;
}

function expect(text: string): string {
  return `if (!(${matches(text)})) return refused; p += ${text.length};`;
}

interface Place {
  readonly sample: string;
  /** The byte that follows the value. */
  readonly stop: number;
  /** The variable that takes the value. */
  readonly x: string;
}

function read(writer: SourceWriter, field: FieldShape, { sample, stop, x }: Place): string {
  const { kind } = field.shape;
  const general = `${x} = ${fieldValue(writer, field)}; p = s.at;`;
  if (kind === 'string') {
    // Also where p is not at a quote: then the general way refuses.
    return `q = p + 1; ${findSpecial}
  if (b[q] === 34 && b[p] === 34) { c = q - p - 1; ${x} = c < 25 ? shortText(b, p + 1, c) : b.latin1Slice(p + 1, q); p = q + 1; }
  else { ${general} }`;
  }
  const digits = /^\d+$/.test(sample) ? sample.length : Infinity;
  if ((kind === 'int' && digits <= shortDigits) || (kind === 'long' && digits <= 15)) {
    const more =
      digits > shortDigits
        ? `h = 0; d = 1; while (c >= 48 && c <= 57 && q - p < 15) { h = h * 10 + (c - 48); d *= 10; c = b[++q]; }`
        : '';
    return `q = p; w = 0; c = b[p];
  while (c >= 48 && c <= 57 && q - p < ${shortDigits}) { w = w * 10 + (c - 48); c = b[++q]; }
  ${more}
  if (c === ${stop} && (b[p] !== 48 ? q !== p : q === p + 1)) { ${x} = ${more === '' ? 'w' : 'w * d + h'}; p = q; }
  else { ${general} }`;
  }
  return general;
}

function skip({ sample }: LayoutMember, stop: number): string {
  if (sample.startsWith('"')) {
    return `q = p + 1; ${findSpecial}
  p = b[q] === 34 && b[p] === 34 ? q + 1 : s.skip(b, p);`;
  }
  if (/^\d/.test(sample)) {
    return `q = p; c = b[p]; while (c >= 48 && c <= 57) c = b[++q];
  p = c === ${stop} && b[p] !== 48 && q !== p ? q : s.skip(b, p);`;
  }
  return 'p = s.skip(b, p);';
}

/** Moves q on to the first byte that JsonScanner.special would find; see there. */
const findSpecial = `for (;;) {
    if (q > last) { q = s.special(b, q); break; }
    w = v.getInt32(q, true);
    w = (((w ^ 0x22222222) - 0x01010101) | ((w ^ 0x5c5c5c5c) - 0x01010101) | (w - 0x20202020) | w) & 0x80808080;
    if (w !== 0) { q += (31 - Math.clz32(w & -w)) >> 3; break; }
    q += 4;
  }`;

/** As the walk writes them, so that values of both have one hidden class. */
function propertiesOf(
  shape: RecordShape,
  tag: RecordTag | undefined,
  present: ReadonlySet<string>,
): string[] | undefined {
  const tagProperty = `${tag?.field ?? ''}: ${JSON.stringify(tag?.value)}`;
  const properties: string[] = [];
  for (const [i, { name, shape: of, optional, fallback }] of shape.fields.entries()) {
    if (name === tag?.field) properties.push(tagProperty);
    else if (present.has(name)) properties.push(`${name}: x${i}`);
    else if (fallback !== undefined) properties.push(`${name}: ${literal(of, fallback.value)}`);
    else if (optional) properties.push(`${name}: undefined`);
    else return undefined;
  }
  if (tag !== undefined && !shape.fields.some(({ name }) => name === tag.field)) properties.unshift(tagProperty);
  return properties;
}
