/**
 * The generated code of an Avro encoder: per record type straight-line code that writes field after field.
 *
 * Names in the generated code, as in json-encoder-source.ts: w writer, B its buffer, p position in it, x the value, y one
 * field. Within a function B[p] on has room for all numbers still to come; after a call, which may move the buffer, the
 * room is made again (`resume`). What is not written as it stands (defaults of absent fields, unknown symbols of an enum,
 * numbers beyond 2^52, wrong values) ends in `fail`.
 */
import type { ArrayShape, EnumShape, FieldShape, MapShape, NullableShape, RecordShape, Shape } from './shape.ts';

/** The longest number, the zigzag varint of 64 bits, and a byte that says which type of a union it is. */
const roomPerField = 11;

/** Source of a function body that returns `(w, x) => void`. Free names: fail, long, text, mostExact. */
export function avroEncoderSource(shape: RecordShape): string {
  const writer = new SourceWriter();
  writer.functions.push(recordWriter(writer, 'root', shape));
  return `${writer.functions.join('\n')}\nreturn root;`;
}

class SourceWriter {
  readonly functions: string[] = [];
  readonly #names = new Map<Shape, string>();

  /** Statements that write the value of `x`; `room` is what the function around them needs afterwards. */
  write(shape: Shape, x: string, room: number): string {
    switch (shape.kind) {
      case 'boolean':
        return `if (${x} === true) B[p++] = 1; else if (${x} === false) B[p++] = 0; else fail();`;
      case 'int':
        return `if ((${x} | 0) !== ${x}) fail(); p = long(B, p, ${x});`;
      case 'long':
        return `if (!Number.isSafeInteger(${x}) || ${x} > mostExact || ${x} < -mostExact) fail(); p = long(B, p, ${x});`;
      case 'float':
        return `if (!Number.isFinite(${x})) fail(); p = B.writeFloatLE(${x}, p);`;
      case 'double':
        return `if (!Number.isFinite(${x})) fail(); p = B.writeDoubleLE(${x}, p);`;
      case 'string':
        return `w.length = p; text(w, ${x}); ${resume(room)}`;
      case 'nullable': {
        const [none, some] = branches(shape);
        return `if (${x} === null) B[p++] = ${none}; else { B[p++] = ${some}; ${this.write(shape.of, x, room)} }`;
      }
      case 'enum':
        return `p = long(B, p, ${this.#name(shape, (name) => enumIndex(name, shape))}(${x}));`;
      case 'array':
        return this.#call(shape, x, room, (name) => arrayWriter(this, name, shape));
      case 'map':
        return this.#call(shape, x, room, (name) => mapWriter(this, name, shape));
      case 'record':
        return this.#call(shape, x, room, (name) => recordWriter(this, name, shape));
    }
  }

  #call(shape: Shape, x: string, room: number, write: (name: string) => string): string {
    return `w.length = p; ${this.#name(shape, write)}(w, ${x}); ${resume(room)}`;
  }

  /** The function for a shape. It has its name before its body is written, which may call it again. */
  #name(shape: Shape, write: (name: string) => string): string {
    let name = this.#names.get(shape);
    if (name === undefined) {
      name = `${shape.kind}${this.#names.size}`;
      this.#names.set(shape, name);
      this.functions.push(write(name));
    }
    return name;
  }
}

function recordWriter(writer: SourceWriter, name: string, shape: RecordShape): string {
  const room = roomPerField * shape.fields.length;
  return `
function ${name}(w, x) {
  if (typeof x !== 'object' || x === null || Array.isArray(x)) fail();
  let B, p, y;
  ${resume(room)}
  ${shape.fields.map((field) => `y = x.${field.name}; ${fieldWriter(writer, field, room)}`).join('\n  ')}
  w.length = p;
}`;
}

function fieldWriter(writer: SourceWriter, { shape, optional }: FieldShape, room: number): string {
  if (!optional || shape.kind !== 'nullable') return writer.write(shape, 'y', room);
  return `if (y === undefined) B[p++] = ${branches(shape)[0]}; else ${writer.write(shape, 'y', room)}`;
}

/** The bytes that say null and not null: zigzag of the place in the union. */
function branches({ nullFirst }: NullableShape): readonly [none: number, some: number] {
  return nullFirst ? [0, 2] : [2, 0];
}

function enumIndex(name: string, { symbols }: EnumShape): string {
  const cases = symbols.map((symbol, i) => `case "${symbol}": return ${i};`);
  return `function ${name}(x) { switch (x) { ${cases.join(' ')} default: fail(); } }`;
}

// One block of all items, as avsc writes them: their number, the items, and a zero.
function arrayWriter(writer: SourceWriter, name: string, shape: ArrayShape): string {
  const wrongLength = shape.length === undefined ? '' : ` || x.length !== ${shape.length}`;
  return `
function ${name}(w, x) {
  if (!Array.isArray(x)${wrongLength}) fail();
  let B, p;
  ${resume(roomPerField)}
  if (x.length > 0) p = long(B, p, x.length);
  for (let i = 0; i < x.length; i++) {
    const y = x[i];
    w.length = p;
    ${resume(roomPerField)}
    ${writer.write(shape.items, 'y', roomPerField)}
  }
  w.length = p;
  w.byte(0);
}`;
}

function mapWriter(writer: SourceWriter, name: string, shape: MapShape): string {
  return `
function ${name}(w, x) {
  if (typeof x !== 'object' || x === null || Array.isArray(x)) fail();
  let B, p;
  ${resume(roomPerField)}
  const keys = Object.keys(x);
  if (keys.length > 0) p = long(B, p, keys.length);
  for (const key of keys) {
    const y = x[key];
    ${writer.write({ kind: 'string' }, 'key', roomPerField)}
    ${writer.write(shape.values, 'y', roomPerField)}
  }
  w.length = p;
  w.byte(0);
}`;
}

/** Takes position and buffer from the writer again, with room for `size` bytes. */
function resume(size: number): string {
  return `w.ensure(${size}); B = w.buffer; p = w.length;`;
}
