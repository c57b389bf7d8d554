/**
 * The generated code of an encoder. Per record type it is straight-line code: key bytes are stored one by one, numbers
 * are written as digits in place, everything else is a call.
 *
 * Names in the generated code: w writer, B its buffer, p position in it, x the value, y one field. Within a function
 * B[p] on has room for all keys and numbers still to come; a call may move the buffer, so after each one the room is made
 * again (`resume`). A record is written as `,"a":1,"b":2` and then its first comma becomes the brace, so no field needs
 * to know whether one was written before it.
 */
import type { RecordTag } from './record-tag.ts';
import type { ArrayShape, EnumShape, FieldShape, MapShape, RecordShape, Shape } from './shape.ts';

/** The longest number: String(-5e-324) and the like have at most 25 characters. */
const numberSize = 26;

/** Source of a function body that returns `(w, x) => void`. Free names: fail, integer, double, string. */
export function encoderSource(shape: RecordShape, tag?: RecordTag): string {
  const writer = new SourceWriter();
  writer.functions.push(recordWriter(writer, 'root', shape, tag));
  return `${writer.functions.join('\n')}\nreturn root;`;
}

class SourceWriter {
  readonly functions: string[] = [];
  readonly #names = new Map<Shape, string>();

  /** Statements that write the value of `x`; `room` is what the function around them needs afterwards. */
  write(shape: Shape, x: string, room: number): string {
    switch (shape.kind) {
      case 'boolean':
        return `if (${x} === true) { ${store('true')} } else if (${x} === false) { ${store('false')} } else fail();`;
      case 'int':
        return `if ((${x} | 0) !== ${x}) fail(); p = integer(B, p, ${x});`;
      case 'long':
        return `if (!Number.isSafeInteger(${x})) fail(); p = integer(B, p, ${x});`;
      case 'float':
      case 'double':
        return `if ((${x} | 0) === ${x}) p = integer(B, p, ${x}); else p = double(B, p, ${x});`;
      case 'string':
        return `w.length = p; string(w, ${x}); ${resume(room)}`;
      case 'nullable':
        return `if (${x} === null) { ${store('null')} } else { ${this.write(shape.of, x, room)} }`;
      case 'enum':
        return this.#call(shape, x, room, (name) => enumWriter(name, shape));
      case 'array':
        return this.#call(shape, x, room, (name) => arrayWriter(this, name, shape));
      case 'map':
        return this.#call(shape, x, room, (name) => mapWriter(this, name, shape));
      case 'record':
        return this.#call(shape, x, room, (name) => recordWriter(this, name, shape));
    }
  }

  /** A call of the function for a shape. It has its name before its body is written, which may call it again. */
  #call(shape: Shape, x: string, room: number, write: (name: string) => string): string {
    let name = this.#names.get(shape);
    if (name === undefined) {
      name = `${shape.kind}${this.#names.size}`;
      this.#names.set(shape, name);
      this.functions.push(write(name));
    }
    return `w.length = p; ${name}(w, ${x}); ${resume(room)}`;
  }
}

function recordWriter(writer: SourceWriter, name: string, shape: RecordShape, tag?: RecordTag): string {
  const fields = shape.fields.filter((field) => field.name !== tag?.field);
  const lead = tag === undefined ? '' : `,"${tag.field}":${JSON.stringify(tag.value)}`;
  const room = fields.reduce((sum, field) => sum + roomOf(field), Buffer.byteLength(lead) + 2);
  return `
function ${name}(w, x) {
  if (typeof x !== 'object' || x === null || Array.isArray(x)) fail();
  let B, p;
  ${resume(room)}
  const start = p;
  let y;
  ${store(lead)}
  ${fields.map((field) => fieldWriter(writer, field, room)).join('\n  ')}
  if (p === start) p++;
  B[start] = 123;
  B[p] = 125;
  w.length = p + 1;
}`;
}

function fieldWriter(writer: SourceWriter, field: FieldShape, room: number): string {
  const key = `,"${field.name}":`;
  const write = `${store(key)} ${writer.write(field.shape, 'y', room)}`;
  let body = write;
  if (field.optional) body = `if (y !== undefined) { ${write} }`;
  if (field.fallback !== undefined) {
    body = `if (y === undefined) { ${store(key + JSON.stringify(field.fallback.value))} } else { ${write} }`;
  }
  return `y = x.${field.name}; ${body}`;
}

function roomOf(field: FieldShape): number {
  const preset = field.fallback === undefined ? 0 : Buffer.byteLength(JSON.stringify(field.fallback.value));
  return field.name.length + 4 + Math.max(numberSize, preset);
}

function enumWriter(name: string, shape: EnumShape): string {
  const cases = shape.symbols.map((symbol) => `case "${symbol}": { ${store(`"${symbol}"`)} break; }`);
  const room = Math.max(...shape.symbols.map((symbol) => symbol.length)) + 2;
  return `
function ${name}(w, x) {
  let B, p;
  ${resume(room)}
  switch (x) {
    ${cases.join('\n    ')}
    default: fail();
  }
  w.length = p;
}`;
}

function arrayWriter(writer: SourceWriter, name: string, shape: ArrayShape): string {
  const room = numberSize + 2;
  const wrongLength = shape.length === undefined ? '' : ` || x.length !== ${shape.length}`;
  return `
function ${name}(w, x) {
  if (!Array.isArray(x)${wrongLength}) fail();
  let B, p;
  ${resume(room)}
  const start = p;
  for (let i = 0; i < x.length; i++) {
    const y = x[i];
    w.length = p;
    ${resume(room)}
    B[p++] = 44;
    ${writer.write(shape.items, 'y', room)}
  }
  if (p === start) p++;
  B[start] = 91;
  B[p] = 93;
  w.length = p + 1;
}`;
}

function mapWriter(writer: SourceWriter, name: string, shape: MapShape): string {
  const room = numberSize + 3;
  return `
function ${name}(w, x) {
  if (typeof x !== 'object' || x === null || Array.isArray(x)) fail();
  let B, p;
  ${resume(room)}
  const start = p;
  for (const key of Object.keys(x)) {
    const y = x[key];
    w.length = p;
    ${resume(room)}
    B[p++] = 44;
    ${writer.write({ kind: 'string' }, 'key', room)}
    B[p++] = 58;
    ${writer.write(shape.values, 'y', room)}
  }
  if (p === start) p++;
  B[start] = 123;
  B[p] = 125;
  w.length = p + 1;
}`;
}

/** Takes position and buffer from the writer again, with room for `size` bytes. */
function resume(size: number): string {
  return `w.ensure(${size}); B = w.buffer; p = w.length;`;
}

/** Statements that store text byte by byte. */
function store(text: string): string {
  const codes = [...Buffer.from(text)];
  return codes.length === 0
    ? ''
    : `${codes.map((code, i) => `B[p + ${i}] = ${code};`).join(' ')} p += ${codes.length};`;
}
