/**
 * The generated code of an Avro decoder for what the same schema wrote: per record type each field into a local variable,
 * one after the other, and then one object literal.
 *
 * Names in the generated code: b bytes, p position, r the reader, which has the position after each value; x0.. the values
 * of fields. What it does not take (`r.refuse`, `r.doubtful`) is left to avsc, which reads it or says what is wrong.
 */
import type { ArrayShape, EnumShape, FieldShape, MapShape, NullableShape, RecordShape, Shape } from './shape.ts';

/** Source of a function body that returns `(b, p, r) => value`. */
export function avroDecoderSource(shape: RecordShape): string {
  const writer = new SourceWriter();
  writer.functions.push(recordReader(writer, 'root', shape));
  return `${writer.functions.join('\n')}\nreturn root;`;
}

class SourceWriter {
  readonly functions: string[] = [];
  readonly #names = new Map<Shape | FieldShape, string>();

  /** An expression that reads a value at `p` and leaves the position after it in `r.at`. */
  read(shape: Shape): string {
    switch (shape.kind) {
      case 'boolean':
      case 'int':
      case 'long':
      case 'float':
      case 'double':
        return `r.${shape.kind}(b, p)`;
      case 'string':
        return 'r.text(b, p)';
      case 'nullable':
        return this.#call(shape, (name) => nullableReader(this, name, shape, 'null'));
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

  /** An expression that reads a field. Null of an optional one is undefined. */
  readField(field: FieldShape): string {
    const { shape, optional } = field;
    if (!optional || shape.kind !== 'nullable') return this.read(shape);
    return this.#call(field, (name) => nullableReader(this, name, shape, 'undefined'));
  }

  /** A call of the function for a shape. It has its name before its body is written, which may call it again. */
  #call(of: Shape | FieldShape, write: (name: string) => string): string {
    let name = this.#names.get(of);
    if (name === undefined) {
      name = `f${this.#names.size}`;
      this.#names.set(of, name);
      this.functions.push(write(name));
    }
    return `${name}(b, p, r)`;
  }
}

function recordReader(writer: SourceWriter, name: string, { fields }: RecordShape): string {
  const reads = fields.map((field, i) => `const x${i} = ${writer.readField(field)}; p = r.at;`);
  return `
function ${name}(b, p, r) {
  ${reads.join('\n  ')}
  r.at = p;
  return { ${fields.map((field, i) => `${field.name}: x${i}`).join(', ')} };
}`;
}

// The byte is zigzag of the place in the union.
function nullableReader(writer: SourceWriter, name: string, { of, nullFirst }: NullableShape, none: string): string {
  return `
function ${name}(b, p, r) {
  const branch = b[p++];
  if (branch === ${nullFirst ? 0 : 2}) { r.at = p; return ${none}; }
  if (branch !== ${nullFirst ? 2 : 0}) r.refuse();
  return ${writer.read(of)};
}`;
}

function enumReader(name: string, { symbols }: EnumShape): string {
  const cases = symbols.map((symbol, i) => `case ${i}: return "${symbol}";`);
  return `function ${name}(b, p, r) { switch (r.long(b, p)) { ${cases.join(' ')} default: r.refuse(); } }`;
}

function arrayReader(writer: SourceWriter, name: string, { items, length }: ArrayShape): string {
  return `
function ${name}(b, p, r) {
  const items = [];
  for (let count; (count = r.count(b, p, ${leastBytes(items)})) > 0; ) {
    p = r.at;
    while (count-- > 0) { items.push(${writer.read(items)}); p = r.at; }
  }
  ${length === undefined ? '' : `if (items.length !== ${length}) r.doubtful = true;`}
  return items;
}`;
}

function mapReader(writer: SourceWriter, name: string, { values }: MapShape): string {
  return `
function ${name}(b, p, r) {
  const items = {};
  for (let count; (count = r.count(b, p, ${1 + leastBytes(values)})) > 0; ) {
    p = r.at;
    while (count-- > 0) {
      const key = r.text(b, p);
      if (key === '__proto__') r.doubtful = true;
      p = r.at;
      items[key] = ${writer.read(values)};
      p = r.at;
    }
  }
  return items;
}`;
}

/** How many bytes a value takes at least. */
function leastBytes(shape: Shape, above: ReadonlySet<Shape> = new Set()): number {
  if (shape.kind === 'float') return 4;
  if (shape.kind === 'double') return 8;
  if (shape.kind !== 'record') return 1;
  if (above.has(shape)) return 0; // no value ends, but that is found out
  const within = new Set([...above, shape]);
  return shape.fields.reduce((sum, field) => sum + leastBytes(field.shape, within), 0);
}
