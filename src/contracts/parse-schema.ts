import { StreamError, preview } from '../core/stream-error.ts';
import type { AvroComplex, AvroField, AvroSchema } from './avro-schema.ts';
import { conform } from './conform.ts';
import type { EnumShape, FieldShape, NullableShape, RecordShape, ScalarKind, Shape } from './shape.ts';

const scalars: readonly string[] = ['boolean', 'int', 'long', 'float', 'double', 'string'] satisfies ScalarKind[];
const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Checks an Avro schema and resolves its names. Throws CONTRACT_INVALID with the path inside the schema. */
export function parseSchema(schema: AvroSchema): RecordShape {
  const shape = new SchemaParser().shape(schema, '', '');
  if (shape.kind !== 'record') throw invalid('', `a contract is a record, not ${article(shape.kind)}`);
  return shape;
}

class SchemaParser {
  readonly #named = new Map<string, RecordShape | EnumShape>();

  shape(schema: AvroSchema, namespace: string, path: string): Shape {
    if (typeof schema === 'string') return this.#reference(schema, namespace, path);
    if (isUnion(schema)) return this.#union(schema, namespace, path);
    if (typeof schema !== 'object' || (schema as unknown) === null)
      throw invalid(path, `${preview(schema)} is not a schema`);
    const { type } = schema;
    if (typeof type !== 'string') return this.shape(type, namespace, path); // {type: {type: 'array', ...}}
    switch (type) {
      case 'record':
        return this.#record(schema, namespace, path);
      case 'enum':
        return this.#enum(schema, namespace, path);
      case 'array': {
        if (schema.items === undefined) throw invalid(path, 'an array needs items');
        const { length } = schema;
        if (length !== undefined && !(Number.isInteger(length) && length > 0)) {
          throw invalid(path, `length ${preview(length)} is not a positive integer`);
        }
        return { kind: 'array', items: this.shape(schema.items, namespace, `${path}[]`), length };
      }
      case 'map':
        if (schema.values === undefined) throw invalid(path, 'a map needs values');
        return { kind: 'map', values: this.shape(schema.values, namespace, `${path}{}`) };
      default:
        return this.#reference(type, namespace, path);
    }
  }

  #reference(name: string, namespace: string, path: string): Shape {
    if (scalars.includes(name)) return { kind: name as ScalarKind };
    const known = this.#named.get(fullName(name, namespace)) ?? this.#named.get(name);
    if (known === undefined) throw invalid(path, `type ${preview(name)} is unknown or not supported`);
    return known;
  }

  #union(branches: readonly AvroSchema[], namespace: string, path: string): NullableShape {
    const others = branches.filter((branch) => branch !== 'null');
    if (branches.length !== 2 || others.length !== 1) {
      throw invalid(
        path,
        'only unions of null with one other type are supported',
        'Use a tagged union for alternatives.',
      );
    }
    const of = this.shape(others[0]!, namespace, path);
    if (of.kind === 'nullable') throw invalid(path, 'a union cannot contain a union');
    return { kind: 'nullable', of, nullFirst: branches[0] === 'null' };
  }

  #enum(schema: AvroComplex, namespace: string, path: string): EnumShape {
    const { symbols = [] } = schema;
    if (
      symbols.length === 0 ||
      new Set(symbols).size !== symbols.length ||
      !symbols.every((s) => namePattern.test(s))
    ) {
      throw invalid(path, 'an enum needs distinct symbols of letters, digits and _');
    }
    const fallback = schema.default;
    if (fallback !== undefined && !(typeof fallback === 'string' && symbols.includes(fallback))) {
      throw invalid(path, `default ${preview(fallback)} is not one of the symbols`);
    }
    const name = this.#declare(schema, namespace, path);
    const shape: EnumShape = {
      kind: 'enum',
      name,
      doc: schema.doc,
      aliases: aliasesOf(schema, name),
      symbols,
      fallback,
    };
    this.#named.set(name, shape);
    return shape;
  }

  #record(schema: AvroComplex, namespace: string, path: string): RecordShape {
    const name = this.#declare(schema, namespace, path);
    const fields: FieldShape[] = [];
    const shape: RecordShape = { kind: 'record', name, doc: schema.doc, aliases: aliasesOf(schema, name), fields };
    this.#named.set(name, shape); // before the fields, which may refer to it
    const taken = new Set<string>();
    for (const field of schema.fields ?? []) {
      const parsed = this.#field(field, namespaceOf(name), path);
      for (const key of [parsed.name, ...parsed.aliases]) {
        if (taken.has(key)) throw invalid(join(path, key), 'two fields have this name or alias');
        taken.add(key);
      }
      fields.push(parsed);
    }
    return shape;
  }

  #field(field: AvroField, namespace: string, parent: string): FieldShape {
    const path = join(parent, field.name);
    if (!namePattern.test(field.name) || field.name === '__proto__') throw invalid(path, 'not a field name');
    const shape = this.shape(field.type, namespace, path);
    const { name, doc, aliases = [] } = field;
    if (field.default === undefined) return { name, shape, doc, aliases, optional: false, fallback: undefined };
    if (shape.kind === 'nullable' && (field.default === null) !== shape.nullFirst) {
      throw invalid(path, 'the default of a union belongs to its first branch', 'Reorder the union.');
    }
    if (field.default === null) return { name, shape, doc, aliases, optional: true, fallback: undefined };
    const fallback = { value: checkedDefault(shape, field.default, path) };
    return { name, shape, doc, aliases, optional: false, fallback };
  }

  #declare(schema: AvroComplex, namespace: string, path: string): string {
    const { name } = schema;
    if (name === undefined || !name.split('.').every((part) => namePattern.test(part))) {
      throw invalid(path, 'a record or enum needs a name of letters, digits and _');
    }
    const full = fullName(name, schema.namespace ?? namespace);
    if (this.#named.has(full)) throw invalid(path, `${full} is defined twice`);
    return full;
  }
}

function checkedDefault(shape: Shape, value: unknown, path: string): unknown {
  try {
    return conform(shape, value, path);
  } catch (thrown) {
    if (!StreamError.is(thrown)) throw thrown;
    throw invalid(thrown.place.path ?? path, `default: ${thrown.reason}`);
  }
}

function isUnion(schema: AvroSchema): schema is readonly AvroSchema[] {
  return Array.isArray(schema);
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function namespaceOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('.')));
}

function aliasesOf(schema: AvroComplex, name: string): readonly string[] {
  return (schema.aliases ?? []).map((alias) => fullName(alias, namespaceOf(name)));
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function article(kind: string): string {
  return /^[aeiou]/.test(kind) ? `an ${kind}` : `a ${kind}`;
}

function invalid(path: string, reason: string, remedy?: string): StreamError {
  return new StreamError('CONTRACT_INVALID', reason, { path, ...(remedy === undefined ? {} : { remedy }) });
}
