import { createHash } from 'node:crypto';
import type { AvroComplex, AvroField, AvroSchema } from './avro-schema.ts';
import type { EnumShape, FieldShape, RecordShape, Shape } from './shape.ts';

/** Avro's Parsing Canonical Form: full names, no docs, defaults or aliases. Equal forms write and read the same bytes. */
export function canonicalSchema(shape: Shape): AvroSchema {
  return new SchemaWriter(false).schema(shape);
}

/** The canonical form with defaults and aliases: all that resolving one schema against another needs. */
export function resolvableSchema(shape: Shape): AvroSchema {
  return new SchemaWriter(true).schema(shape);
}

/** SHA-256 of the canonical form, in hexadecimal. */
export function fingerprintOf(shape: RecordShape): string {
  return createHash('sha256')
    .update(JSON.stringify(canonicalSchema(shape)))
    .digest('hex');
}

class SchemaWriter {
  readonly #resolvable: boolean;
  readonly #written = new Set<string>();

  constructor(resolvable: boolean) {
    this.#resolvable = resolvable;
  }

  schema(shape: Shape): AvroSchema {
    switch (shape.kind) {
      case 'array':
        return { type: 'array', items: this.schema(shape.items) };
      case 'map':
        return { type: 'map', values: this.schema(shape.values) };
      case 'nullable': {
        const other = this.schema(shape.of);
        return shape.nullFirst ? ['null', other] : [other, 'null'];
      }
      case 'enum':
      case 'record':
        if (this.#written.has(shape.name)) return shape.name;
        this.#written.add(shape.name);
        return this.#named(shape);
      default:
        return shape.kind;
    }
  }

  // The order of the attributes is part of the canonical form.
  #named(shape: EnumShape | RecordShape): AvroComplex {
    const { name, kind, aliases } = shape;
    const more = this.#resolvable && aliases.length > 0 ? { aliases } : {};
    if (kind === 'record')
      return { name, type: kind, fields: shape.fields.map((field) => this.#field(field)), ...more };
    const { symbols, fallback } = shape;
    return {
      name,
      type: kind,
      symbols,
      ...more,
      ...(this.#resolvable && fallback !== undefined ? { default: fallback } : {}),
    };
  }

  #field({ name, shape, aliases, optional, fallback }: FieldShape): AvroField {
    const field: AvroField = { name, type: this.schema(shape) };
    if (!this.#resolvable) return field;
    return {
      ...field,
      ...(aliases.length > 0 ? { aliases } : {}),
      ...(optional ? { default: null } : fallback === undefined ? {} : { default: fallback.value }),
    };
  }
}
