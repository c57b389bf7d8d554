import { StreamError } from '../core/stream-error.ts';
import type { AvroSchema } from './avro-schema.ts';
import { parseSchema } from './parse-schema.ts';
import { shortName } from './shape.ts';
import type { EnumShape, FieldShape, RecordShape, Shape } from './shape.ts';

export interface SchemaFile {
  /** For messages. */
  readonly file: string;
  readonly schema: AvroSchema;
}

/**
 * TypeScript of some schemas: for each an interface, the types inside of it, and a contract of the same name.
 * `importFrom`: where `contract` comes from. Types of one name in two schemas must be equal.
 */
export function generateContracts(schemas: readonly SchemaFile[], importFrom: string): string {
  const declared = new Map<string, string>();
  const parts: string[] = [];
  for (const { file, schema } of schemas) {
    const shape = parseSchema(schema);
    for (const [name, text] of declarations(shape)) {
      const known = declared.get(name);
      if (known === undefined) parts.push(text);
      else if (known !== text) {
        const reason = `${file}: ${name} differs from the type of this name in another schema`;
        throw new StreamError('CONTRACT_INVALID', reason, { remedy: 'Rename one of them, or make them equal.' });
      }
      declared.set(name, text);
    }
    const name = shortName(shape.name);
    parts.push(`export const ${name} = contract<${name}>(${JSON.stringify(schema)});`);
  }
  return [`import { contract } from '${importFrom}';`, ...parts].join('\n\n') + '\n';
}

/** The types of a record, inner ones first. */
function declarations(shape: Shape, found = new Map<string, string>()): Map<string, string> {
  switch (shape.kind) {
    case 'array':
      return declarations(shape.items, found);
    case 'map':
      return declarations(shape.values, found);
    case 'nullable':
      return declarations(shape.of, found);
    case 'enum':
      return found.set(shortName(shape.name), enumType(shape));
    case 'record': {
      const name = shortName(shape.name);
      if (found.has(name)) return found;
      found.set(name, ''); // a record may contain itself
      for (const field of shape.fields) declarations(field.shape, found);
      found.delete(name);
      return found.set(name, recordType(shape));
    }
    default:
      return found;
  }
}

function enumType(shape: EnumShape): string {
  const symbols = shape.symbols.map((symbol) => JSON.stringify(symbol)).join(' | ');
  return `${comment(shape.doc)}export type ${shortName(shape.name)} = ${symbols};`;
}

function recordType(shape: RecordShape): string {
  const fields = shape.fields.map((field) => `${comment(field.doc)}readonly ${field.name}${fieldType(field)};`);
  return `${comment(shape.doc)}export interface ${shortName(shape.name)} {\n${fields.map((field) => `  ${field}`).join('\n')}\n}`;
}

function fieldType({ shape, optional }: FieldShape): string {
  return optional && shape.kind === 'nullable' ? `?: ${typeOf(shape.of)} | undefined` : `: ${typeOf(shape)}`;
}

function typeOf(shape: Shape): string {
  switch (shape.kind) {
    case 'boolean':
    case 'string':
      return shape.kind;
    case 'int':
    case 'long':
    case 'float':
    case 'double':
      return 'number';
    case 'nullable':
      return `${typeOf(shape.of)} | null`;
    case 'array': {
      const item = typeOf(shape.items);
      if (shape.length !== undefined) return `readonly [${new Array(shape.length).fill(item).join(', ')}]`;
      return `readonly ${shape.items.kind === 'nullable' ? `(${item})` : item}[]`;
    }
    case 'map':
      return `Readonly<Record<string, ${typeOf(shape.values)}>>`;
    case 'enum':
    case 'record':
      return shortName(shape.name);
  }
}

function comment(doc: string | undefined): string {
  return doc === undefined ? '' : `/** ${doc.replaceAll('*/', '* /')} */\n`;
}
