/**
 * The generated code of a decoder. For each record type it is one loop over the keys of the document:
 *
 *   predict  compare the bytes at the cursor with the key that comes next in schema order, four at a time
 *   look up  else find the key by length and bytes
 *   read     switch over the field number: a scanner call into a local variable, or a strict skip
 *
 * Names in the generated code: b bytes, p position, s scanner, v its DataView, f field number, n predicted field,
 * m0.. bit masks of the fields seen, x0.. their values.
 */
import type { RecordTag } from './record-tag.ts';
import type { ArrayShape, EnumShape, FieldShape, MapShape, RecordShape, Shape } from './shape.ts';

// What a key can be besides a declared field.
const undeclared = -1;
const theTag = -2;
const alias = -3; // left to the reference, which knows what wins

const bitsPerMask = 31;

/** Source of a function body that returns `(b, p, s) => value`. */
export function decoderSource(shape: RecordShape, tag?: RecordTag): string {
  const writer = new SourceWriter();
  writer.functions.push(recordReader(writer, 'root', shape, tag));
  return `${writer.functions.join('\n')}\nreturn root;`;
}

export class SourceWriter {
  readonly functions: string[] = [];
  readonly #names = new Map<Shape, string>();

  /** An expression that reads a value at `p` and leaves the position after it in `s.at`. */
  read(shape: Shape): string {
    switch (shape.kind) {
      case 'boolean':
      case 'int':
      case 'long':
      case 'double':
      case 'string':
        return `s.${shape.kind}(b, p)`;
      case 'float':
        return 's.double(b, p)';
      case 'nullable':
        return `(b[p] === 110 ? s.null(b, p) : ${this.read(shape.of)})`;
      case 'enum':
        return this.#call(shape, (name) => enumReader(name, shape));
      case 'array':
        return this.#call(shape, (name) => arrayReader(this, name, shape));
      case 'map':
        return this.#call(shape, (name) => mapReader(this, name, shape));
      case 'record':
        return this.#call(shape, (name) => recordReader(this, name, shape));
    }
  }

  /** A call of the function for a shape. It has its name before its body is written, which may call it again. */
  #call(shape: Shape, write: (name: string) => string): string {
    let name = this.#names.get(shape);
    if (name === undefined) {
      name = `${shape.kind}${this.#names.size}`;
      this.#names.set(shape, name);
      this.functions.push(write(name));
    }
    return `${name}(b, p, s)`;
  }
}

function recordReader(writer: SourceWriter, name: string, shape: RecordShape, tag?: RecordTag): string {
  const fields = shape.fields.filter((field) => field.name !== tag?.field);
  return `
${keyFinder(`${name}Key`, fields, tag)}
function ${name}(b, p, s) {
  const v = s.view;
  ${fields.map((field, i) => `let x${i} = ${initialValue(field)};`).join(' ')}
  ${masksOf(fields, () => true)
    .map((_, word) => `let m${word} = 0;`)
    .join(' ')}
  let f = 0, n = ${tag === undefined ? 0 : theTag}, c = 0;
  if (b[p++] !== 123) s.fail(p - 1);
  if (b[p] <= 32) p = s.space(b, p);
  if (b[p] !== 125) for (;;) {
    predict: {
      switch (n) {
        ${tag === undefined ? '' : `case ${theTag}: n = 0; ${predictKey(tag.field, theTag)}`}
        ${fields.map((field, i) => `case ${i}: ${predictKey(field.name, i)}`).join('\n        ')}
      }
      f = ${name}Key(b, p, s);
      p = s.at;
    }
    if (b[p] <= 32) p = s.space(b, p);
    switch (f) {
      ${fields.map((field, i) => readField(writer, field, i)).join('\n      ')}
      ${tag === undefined ? '' : `case ${theTag}: ${readTag(tag)}`}
      case ${alias}: s.fail(p); break;
      default: p = s.skip(b, p);
    }
    c = b[p];
    if (c <= 32) c = b[p = s.space(b, p)];
    if (c === 44) { if (b[++p] <= 32) p = s.space(b, p); }
    else if (c === 125) break;
    else s.fail(p);
  }
  s.at = p + 1;
  ${masksOf(fields, (field) => !field.optional && field.fallback === undefined)
    .map((mask, word) => (mask === 0 ? '' : `if ((m${word} & ${mask}) !== ${mask}) s.fail(p);`))
    .join(' ')}
  return ${recordLiteral(shape, fields, tag)};
}`;
}

function predictKey(name: string, f: number): string {
  const key = `"${name}":`;
  return `if (${matches(key)}) { f = ${f}; p += ${key.length}; break predict; } break;`;
}

function readTag({ value }: RecordTag): string {
  const text = JSON.stringify(value);
  return `if (${matches(text)}) p += ${text.length}; else if (s.string(b, p) === ${text}) p = s.at; else s.fail(p); break;`;
}

function readField(writer: SourceWriter, field: FieldShape, i: number): string {
  return `case ${i}: x${i} = ${fieldValue(writer, field)}; p = s.at; m${wordOf(i)} |= ${bitOf(i)}; n = ${i + 1}; break;`;
}

/** An expression that reads the value of a field at `p` and leaves the position after it in `s.at`. */
export function fieldValue(writer: SourceWriter, { optional, shape }: FieldShape): string {
  return optional && shape.kind === 'nullable'
    ? `b[p] === 110 ? (s.null(b, p), undefined) : ${writer.read(shape.of)}`
    : writer.read(shape);
}

function recordLiteral(shape: RecordShape, fields: readonly FieldShape[], tag: RecordTag | undefined): string {
  const tagProperty = `${tag?.field ?? ''}: ${JSON.stringify(tag?.value)}`;
  const properties = shape.fields.map((field) => {
    const i = fields.indexOf(field);
    if (i < 0) return tagProperty;
    const { fallback } = field;
    if (fallback === undefined) return `${field.name}: x${i}`;
    return `${field.name}: (m${wordOf(i)} & ${bitOf(i)}) !== 0 ? x${i} : ${literal(field.shape, fallback.value)}`;
  });
  if (tag !== undefined && fields.length === shape.fields.length) properties.unshift(tagProperty);
  return `{ ${properties.join(', ')} }`;
}

/** A function that reads a key and its colon, leaves `s.at` after them, and returns what the key is. */
function keyFinder(name: string, fields: readonly FieldShape[], tag: RecordTag | undefined): string {
  const keys = new Map<string, number>();
  for (const field of fields) for (const other of field.aliases) keys.set(other, alias);
  if (tag !== undefined) keys.set(tag.field, theTag);
  fields.forEach((field, i) => keys.set(field.name, i));
  const lengths = [...new Set([...keys].map(([key]) => key.length))];
  const tests = lengths.map((length) => {
    const same = [...keys].filter(([key]) => key.length === length);
    return `case ${length + 1}: ${same.map(([key, f]) => `if (${matches(`"${key}"`)}) f = ${f};`).join(' else ')} break;`;
  });
  return `
function ${name}(b, p, s) {
  const v = s.view;
  if (b[p] !== 34) s.fail(p);
  const q = s.special(b, p + 1);
  let f = ${undeclared};
  if (b[q] === 34) {
    switch (q - p) {
      ${tests.join('\n      ')}
    }
    p = q + 1;
  } else {
    switch (s.string(b, p)) {
      ${[...keys].map(([key, f]) => `case "${key}": f = ${f}; break;`).join('\n      ')}
    }
    p = s.at;
  }
  if (b[p] <= 32) p = s.space(b, p);
  if (b[p] !== 58) s.fail(p);
  s.at = p + 1;
  return f;
}`;
}

function enumReader(name: string, shape: EnumShape): string {
  const tests = shape.symbols.map((symbol) => {
    const text = `"${symbol}"`;
    return `if (${matches(text)}) { s.at = p + ${text.length}; return ${text}; }`;
  });
  return `function ${name}(b, p, s) {\n  const v = s.view;\n  ${tests.join('\n  ')}\n  return s.fail(p);\n}`;
}

function arrayReader(writer: SourceWriter, name: string, shape: ArrayShape): string {
  const item = writer.read(shape.items);
  if (shape.length !== undefined) return tupleReader(name, item, shape.length);
  return `
function ${name}(b, p, s) {
  if (b[p] !== 91) s.fail(p);
  p = s.space(b, p + 1);
  const out = [];
  if (b[p] !== 93) for (;;) {
    out.push(${item});
    p = s.space(b, s.at);
    if (b[p] === 93) break;
    if (b[p] !== 44) s.fail(p);
    p = s.space(b, p + 1);
  }
  s.at = p + 1;
  return out;
}`;
}

function tupleReader(name: string, item: string, length: number): string {
  const items = Array.from({ length }, (_, i) => `x${i}`);
  const steps = items.map((x, i) => {
    const separator = i === length - 1 ? 93 : 44;
    return `const ${x} = ${item}; p = s.space(b, s.at); if (b[p] !== ${separator}) s.fail(p); p = s.space(b, p + 1);`;
  });
  return `
function ${name}(b, p, s) {
  if (b[p] !== 91) s.fail(p);
  p = s.space(b, p + 1);
  ${steps.join('\n  ')}
  s.at = p;
  return [${items.join(', ')}];
}`;
}

function mapReader(writer: SourceWriter, name: string, shape: MapShape): string {
  return `
function ${name}(b, p, s) {
  if (b[p] !== 123) s.fail(p);
  p = s.space(b, p + 1);
  const out = {};
  if (b[p] !== 125) for (;;) {
    const key = s.string(b, p);
    p = s.space(b, s.at);
    if (b[p] !== 58) s.fail(p);
    p = s.space(b, p + 1);
    if (key === '__proto__') s.fail(p); // assigning would set the prototype: the reference defines a property
    out[key] = ${writer.read(shape.values)};
    p = s.space(b, s.at);
    if (b[p] === 125) break;
    if (b[p] !== 44) s.fail(p);
    p = s.space(b, p + 1);
  }
  s.at = p + 1;
  return out;
}`;
}

/** Source of `(b, p, s) => i`: which of the members' tags stands in the first key of the document at `p`; -1: none. */
export function leadingTagSource(field: string, tags: readonly string[]): string {
  const key = `{"${field}":`;
  const tests = tags.map((tag, i) => `if (${matches(JSON.stringify(tag))}) return ${i};`);
  return `return (b, p, s) => {
  const v = s.view;
  if (!(${matches(key)})) return -1;
  p += ${key.length};
  if (b[p] <= 32) p = s.space(b, p);
  ${tests.join('\n  ')}
  return -1;
};`;
}

/**
 * A test whether the ASCII `text` stands at `p`: four bytes first, which every key has behind it even at the end of the
 * slab, then eight at a time as doubles (ASCII is never NaN or zero, so doubles are equal exactly when their bytes are).
 * The last comparison overlaps the one before it.
 */
export function matches(text: string): string {
  const codes = Buffer.from(text, 'latin1');
  const size = codes.length;
  if (size < 4) return [...codes].map((code, i) => `b[p + ${i}] === ${code}`).join(' && ');
  const tests = [`v.getInt32(p, true) === ${codes.readInt32LE(0)}`];
  if (size > 4 && size < 8) tests.push(`v.getInt32(p + ${size - 4}, true) === ${codes.readInt32LE(size - 4)}`);
  for (let at = 4; size >= 8 && at < size; at += 8) {
    const from = Math.min(at, size - 8);
    tests.push(`v.getFloat64(p + ${from}, true) === ${codes.readDoubleLE(from)}`);
  }
  return tests.join(' && ');
}

function initialValue(field: FieldShape): string {
  switch (field.shape.kind) {
    case 'int':
    case 'long':
    case 'float':
    case 'double':
      return '0';
    case 'string':
    case 'enum':
      return "''";
    default:
      return 'undefined';
  }
}

/** A default as a fresh literal, with all fields of a record, so that it has the hidden class of a decoded one. */
export function literal(shape: Shape, value: unknown): string {
  if (value === null || value === undefined) return String(value);
  switch (shape.kind) {
    case 'nullable':
      return literal(shape.of, value);
    case 'array':
      return `[${(value as unknown[]).map((item) => literal(shape.items, item)).join(', ')}]`;
    case 'map': {
      const entries = Object.entries(value).map(
        ([key, item]) => `[${JSON.stringify(key)}]: ${literal(shape.values, item)}`,
      );
      return `{ ${entries.join(', ')} }`;
    }
    case 'record': {
      const record = value as Readonly<Record<string, unknown>>;
      return `{ ${shape.fields.map((field) => `${field.name}: ${literal(field.shape, record[field.name])}`).join(', ')} }`;
    }
    default:
      return JSON.stringify(value);
  }
}

function wordOf(i: number): number {
  return Math.floor(i / bitsPerMask);
}

function bitOf(i: number): number {
  return 1 << (i % bitsPerMask);
}

/** One mask per 31 fields with the bits of the chosen ones. */
function masksOf(fields: readonly FieldShape[], chosen: (field: FieldShape) => boolean): number[] {
  const masks = new Array<number>(Math.ceil(fields.length / bitsPerMask)).fill(0);
  fields.forEach((field, i) => {
    if (chosen(field)) masks[wordOf(i)]! |= bitOf(i);
  });
  return masks;
}
