/**
 * Compiles a contract into a function that appends the JSON of its declared fields, as JSON.stringify would write them:
 * absent optional fields are left out, absent fields with a default are written with it. Values are checked on the way; a wrong one leaves nothing
 * behind in the writer and fails with ENCODE_FAILED and its path.
 */
import type { ByteWriter } from '../core/byte-writer.ts';
import { StreamError } from '../core/stream-error.ts';
import { compile } from './compile.ts';
import { conform } from './conform.ts';
import { writeBoolean, writeDouble, writeInt, writeLong, writeString, wrongValue } from './json-write.ts';
import type { RecordTag } from './record-tag.ts';
import type { FieldShape, RecordShape, Shape } from './shape.ts';

export type JsonEncoder = (value: unknown, out: ByteWriter) => void;

export function compileJsonEncoder(shape: RecordShape, tag?: RecordTag): JsonEncoder {
  const write = new Generator().compile(shape, tag);
  return (value, out) => {
    const start = out.length;
    try {
      write(out, value);
    } catch (thrown) {
      out.length = start;
      throw explain(shape, value, thrown);
    }
  };
}

/** The reason with its path, found by the plain walk. */
export function explain(shape: RecordShape, value: unknown, thrown: unknown): StreamError {
  try {
    conform(shape, value, '');
  } catch (mismatch) {
    if (StreamError.is(mismatch)) return new StreamError('ENCODE_FAILED', mismatch.reason, mismatch.place);
  }
  return StreamError.from(thrown, 'ENCODE_FAILED');
}

/**
 * A record is written as `,"a":1,"b":2`; then the first comma becomes the brace. So no field needs to know whether one
 * was written before it.
 */
class Generator {
  readonly #functions: string[] = [];
  readonly #names = new Map<Shape, string>();
  readonly #keys: Buffer[] = [];

  compile(shape: RecordShape, tag: RecordTag | undefined): (out: ByteWriter, value: unknown) => void {
    this.#functions.push(this.#record('root', shape, tag));
    const names = ['K', 'fail', 'writeBoolean', 'writeInt', 'writeLong', 'writeDouble', 'writeString'];
    const values = [this.#keys, wrongValue, writeBoolean, writeInt, writeLong, writeDouble, writeString];
    const keys = this.#keys.map((_, i) => `const k${i} = K[${i}];`).join(' ');
    return compile(names, values, `${keys}\n${this.#functions.join('\n')}\nreturn root;`) as ReturnType<
      typeof this.compile
    >;
  }

  /** A statement that appends the value of `expression`. */
  #write(shape: Shape, expression: string): string {
    switch (shape.kind) {
      case 'boolean':
        return `writeBoolean(w, ${expression});`;
      case 'int':
        return `writeInt(w, ${expression});`;
      case 'long':
        return `writeLong(w, ${expression});`;
      case 'float':
      case 'double':
        return `writeDouble(w, ${expression});`;
      case 'string':
        return `writeString(w, ${expression});`;
      case 'nullable':
        return `if (${expression} === null) w.bytes(${this.#key('null')}); else ${this.#write(shape.of, expression)}`;
      case 'enum':
        return this.#call(shape, expression, (name) => {
          const cases = shape.symbols.map((symbol) => `case "${symbol}": w.bytes(${this.#key(`"${symbol}"`)}); break;`);
          return `function ${name}(w, x) { switch (x) { ${cases.join(' ')} default: fail(); } }`;
        });
      case 'array':
        return this.#call(shape, expression, (name) => {
          const check = shape.length === undefined ? '' : ` || x.length !== ${shape.length}`;
          return `function ${name}(w, x) {
  if (!Array.isArray(x)${check}) fail();
  w.byte(91);
  for (let i = 0; i < x.length; i++) { if (i > 0) w.byte(44); ${this.#write(shape.items, 'x[i]')} }
  w.byte(93);
}`;
        });
      case 'map':
        return this.#call(
          shape,
          expression,
          (name) => `function ${name}(w, x) {
  if (typeof x !== 'object' || x === null || Array.isArray(x)) fail();
  const start = w.length;
  for (const key of Object.keys(x)) { w.byte(44); writeString(w, key); w.byte(58); ${this.#write(shape.values, 'x[key]')} }
  if (w.length === start) w.byte(123); else w.buffer[start] = 123;
  w.byte(125);
}`,
        );
      case 'record':
        return this.#call(shape, expression, (name) => this.#record(name, shape));
    }
  }

  #record(name: string, shape: RecordShape, tag?: RecordTag): string {
    const fields = shape.fields.filter((field) => field.name !== tag?.field);
    const lead = tag === undefined ? '' : `w.bytes(${this.#key(`,"${tag.field}":${JSON.stringify(tag.value)}`)});`;
    return `function ${name}(w, x) {
  if (typeof x !== 'object' || x === null || Array.isArray(x)) fail();
  const start = w.length;
  ${lead}
  ${fields.map((field) => this.#field(field)).join('\n  ')}
  if (w.length === start) w.byte(123); else w.buffer[start] = 123;
  w.byte(125);
}`;
  }

  #field(field: FieldShape): string {
    const key = `,"${field.name}":`;
    const write = `w.bytes(${this.#key(key)}); ${this.#write(field.shape, 'y')}`;
    let body = write;
    if (field.optional) body = `if (y !== undefined) { ${write} }`;
    if (field.fallback !== undefined) {
      const preset = this.#key(key + JSON.stringify(field.fallback.value));
      body = `if (y === undefined) w.bytes(${preset}); else { ${write} }`;
    }
    return `{ const y = x.${field.name}; ${body} }`;
  }

  #key(text: string): string {
    return `k${this.#keys.push(Buffer.from(text)) - 1}`;
  }

  #call(shape: Shape, expression: string, write: (name: string) => string): string {
    let name = this.#names.get(shape);
    if (name === undefined) {
      name = `${shape.kind}${this.#names.size}`;
      this.#names.set(shape, name);
      this.#functions.push(write(name));
    }
    return `${name}(w, ${expression});`;
  }
}
