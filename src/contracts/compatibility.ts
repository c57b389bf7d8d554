/**
 * Which schema can read what another one wrote: Avro's resolution rules, for both encodings. Where JSON asks for more
 * (an optional field is absent, so its reader needs a default), so do these rules.
 */
import type { AvroSchema } from './avro-schema.ts';
import { parseSchema } from './parse-schema.ts';
import { shortName } from './shape.ts';
import type { EnumShape, FieldShape, RecordShape, Shape } from './shape.ts';

export interface Incompatibility {
  /** Path of the field, like `trafficGroups[].bbox`. */
  readonly path: string;
  readonly reason: string;
}

/**
 * BACKWARD: the new schema reads data of the previous one (upgrade readers first). FORWARD: the previous schema reads
 * data of the new one (upgrade writers first). FULL: both. TRANSITIVE: against all previous schemas, not only the last.
 */
export type CompatibilityLevel =
  'NONE' | 'BACKWARD' | 'BACKWARD_TRANSITIVE' | 'FORWARD' | 'FORWARD_TRANSITIVE' | 'FULL' | 'FULL_TRANSITIVE';

/** Why `reader` cannot read what `writer` wrote; empty: it can. */
export function checkCompatibility(reader: AvroSchema, writer: AvroSchema): readonly Incompatibility[] {
  return new Comparison().compare(parseSchema(reader), parseSchema(writer));
}

/** Why `next` may not follow the `previous` schemas (oldest first) under a level; empty: it may. */
export function checkEvolution(
  level: CompatibilityLevel,
  next: AvroSchema,
  previous: readonly AvroSchema[],
): readonly Incompatibility[] {
  const against = level.endsWith('_TRANSITIVE') ? previous : previous.slice(-1);
  const backward = level.startsWith('BACKWARD') || level.startsWith('FULL');
  const forward = level.startsWith('FORWARD') || level.startsWith('FULL');
  return against.flatMap((older) => [
    ...(backward ? checkCompatibility(next, older) : []),
    ...(forward ? checkCompatibility(older, next) : []),
  ]);
}

const widened: Readonly<Record<string, readonly string[]>> = {
  long: ['int'],
  float: ['int', 'long'],
  double: ['int', 'long', 'float'],
};

class Comparison {
  readonly #problems: Incompatibility[] = [];
  readonly #compared = new Set<string>();

  compare(reader: RecordShape, writer: RecordShape): readonly Incompatibility[] {
    this.#shape(reader, writer, '');
    return this.#problems;
  }

  #shape(reader: Shape, writer: Shape, path: string): void {
    if (writer.kind === 'nullable') {
      if (reader.kind === 'nullable') this.#shape(reader.of, writer.of, path);
      else this.#report(path, 'was nullable, is not any more');
    } else if (reader.kind === 'nullable') this.#shape(reader.of, writer, path);
    else if (reader.kind === 'record' && writer.kind === 'record') this.#record(reader, writer, path);
    else if (reader.kind === 'enum' && writer.kind === 'enum') this.#enum(reader, writer, path);
    else if (reader.kind === 'map' && writer.kind === 'map') this.#shape(reader.values, writer.values, `${path}{}`);
    else if (reader.kind === 'array' && writer.kind === 'array') {
      if (reader.length !== undefined && reader.length !== writer.length) {
        this.#report(path, `has ${reader.length} items now, had ${writer.length ?? 'any number'}`);
      }
      this.#shape(reader.items, writer.items, `${path}[]`);
    } else if (reader.kind !== writer.kind && widened[reader.kind]?.includes(writer.kind) !== true) {
      this.#report(path, `was ${writer.kind}, is ${reader.kind}`);
    }
  }

  #record(reader: RecordShape, writer: RecordShape, path: string): void {
    const pair = `${reader.name} ${writer.name}`;
    if (this.#compared.has(pair)) return;
    this.#compared.add(pair);
    this.#name(reader, writer, path);
    for (const field of reader.fields) {
      this.#field(field, writtenAs(field, writer), path === '' ? field.name : `${path}.${field.name}`);
    }
  }

  #field(reader: FieldShape, writer: FieldShape | undefined, path: string): void {
    const replaceable = reader.optional || reader.fallback !== undefined;
    if (writer === undefined) {
      if (!replaceable) this.#report(path, 'is new and has no default');
      return;
    }
    if (writer.optional && !replaceable) this.#report(path, 'may be absent, and has no default');
    this.#shape(reader.shape, writer.shape, path);
  }

  #enum(reader: EnumShape, writer: EnumShape, path: string): void {
    this.#name(reader, writer, path);
    const unknown = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol));
    if (unknown.length > 0 && reader.fallback === undefined) {
      this.#report(path, `${unknown.join(', ')} cannot be read, and the enum has no default`);
    }
  }

  #name(reader: RecordShape | EnumShape, writer: RecordShape | EnumShape, path: string): void {
    const same = shortName(reader.name) === shortName(writer.name) || reader.aliases.includes(writer.name);
    if (!same) this.#report(path, `was named ${writer.name}, is ${reader.name} without an alias`);
  }

  #report(path: string, reason: string): void {
    this.#problems.push({ path, reason });
  }
}

function writtenAs(field: FieldShape, writer: RecordShape): FieldShape | undefined {
  const byName = (name: string): FieldShape | undefined => writer.fields.find((other) => other.name === name);
  return byName(field.name) ?? field.aliases.map(byName).find((other) => other !== undefined);
}
