/**
 * The definition of "matches the contract": the plain, slow walk that the compiled decoders and encoders must agree
 * with, and that finds the path of the wrong field once they have failed.
 */
import { StreamError, preview } from '../core/stream-error.ts';
import type { EnumShape, FieldShape, RecordShape, Shape } from './shape.ts';

/** A fresh copy of `value` with exactly the declared fields in schema order and defaults filled in. Throws DECODE_FAILED. */
export function conform(shape: Shape, value: unknown, path: string): unknown {
  switch (shape.kind) {
    case 'boolean':
      if (typeof value !== 'boolean') throw expected('true or false', value, path);
      return value;
    case 'int':
      if (typeof value !== 'number' || (value | 0) !== value) throw expected('a 32-bit integer', value, path);
      return value + 0;
    case 'long':
      if (!Number.isSafeInteger(value)) throw expected('an integer below 2^53', value, path);
      return (value as number) + 0; // -0 becomes 0
    case 'float':
    case 'double':
      if (!Number.isFinite(value)) throw expected('a finite number', value, path);
      return value;
    case 'string':
      if (typeof value !== 'string') throw expected('text', value, path);
      return value;
    case 'enum':
      return conformEnum(shape, value, path);
    case 'nullable':
      return value === null ? null : conform(shape.of, value, path);
    case 'array':
      if (!Array.isArray(value)) throw expected('an array', value, path);
      if (shape.length !== undefined && value.length !== shape.length) {
        throw mismatch(path, `expected ${shape.length} items, got ${value.length}`);
      }
      return Array.from(value, (item: unknown, i) => conform(shape.items, item, `${path}[${i}]`));
    case 'map': {
      if (!isObject(value)) throw expected('an object', value, path);
      const out: Record<string, unknown> = {};
      for (const [key, item] of Object.entries(value)) {
        const checked = conform(shape.values, item, `${path}[${JSON.stringify(key)}]`);
        // Assigning to __proto__ would set the prototype instead of a property.
        if (key === '__proto__') Object.defineProperty(out, key, { ...plain, value: checked });
        else out[key] = checked;
      }
      return out;
    }
    case 'record':
      return conformRecord(shape, value, path);
  }
}

const plain = { enumerable: true, configurable: true, writable: true };

function conformEnum(shape: EnumShape, value: unknown, path: string): string {
  if (typeof value === 'string') {
    if (shape.symbols.includes(value)) return value;
    if (shape.fallback !== undefined) return shape.fallback;
  }
  throw expected(`one of ${shape.symbols.join(', ')}`, value, path);
}

function conformRecord(shape: RecordShape, value: unknown, path: string): object {
  if (!isObject(value)) throw expected('an object', value, path);
  const out: Record<string, unknown> = {};
  for (const field of shape.fields) {
    out[field.name] = conformField(field, valueOf(value, field), path === '' ? field.name : `${path}.${field.name}`);
  }
  return out;
}

function conformField(field: FieldShape, value: unknown, path: string): unknown {
  if (field.optional && (value === null || value === undefined)) return undefined;
  if (value !== undefined) return conform(field.shape, value, path);
  if (field.fallback === undefined) throw mismatch(path, 'the field is missing');
  return structuredClone(field.fallback.value);
}

/** The field's own name wins over its aliases. */
function valueOf(record: Readonly<Record<string, unknown>>, field: FieldShape): unknown {
  for (const name of [field.name, ...field.aliases]) {
    if (Object.hasOwn(record, name) && record[name] !== undefined) return record[name];
  }
  return undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function expected(what: string, value: unknown, path: string): StreamError {
  return mismatch(path, `expected ${what}, got ${preview(value, 60)}`);
}

function mismatch(path: string, reason: string): StreamError {
  return new StreamError('DECODE_FAILED', reason, { path });
}
