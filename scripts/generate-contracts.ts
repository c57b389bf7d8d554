/**
 * Writes topologies/contracts.ts from schemas/*.avsc: for each schema an interface, the types inside of it, and a
 * contract of the same name. `npm run generate`; a test fails while the file is stale.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import type { AvroSchema } from '../src/contracts/avro-schema.ts';
import { parseSchema } from '../src/contracts/parse-schema.ts';
import { shortName } from '../src/contracts/shape.ts';
import type { EnumShape, FieldShape, RecordShape, Shape } from '../src/contracts/shape.ts';

const folder = new URL('../schemas/', import.meta.url);
export const generatedFile = new URL('../topologies/contracts.ts', import.meta.url);

/** The text that topologies/contracts.ts must have. */
export async function contractsSource(): Promise<string> {
  const declared = new Map<string, string>();
  const parts: string[] = [];
  for (const file of readdirSync(folder).toSorted()) {
    const schema = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as AvroSchema;
    const shape = parseSchema(schema);
    for (const [name, text] of declarations(shape)) {
      const known = declared.get(name);
      if (known === undefined) parts.push(text);
      else if (known !== text)
        throw new TypeError(`${file}: ${name} differs from the type of this name in another schema`);
      declared.set(name, text);
    }
    const name = shortName(shape.name);
    parts.push(`export const ${name} = contract<${name}>(${JSON.stringify(schema)});`);
  }
  const text = [
    '// Generated from schemas/*.avsc by `npm run generate`. Do not edit.',
    "import { contract } from '../src/index.ts';",
    ...parts,
  ].join('\n\n');
  return format(text, { ...(await resolveConfig(generatedFile)), parser: 'typescript' });
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
  return `${comment(shape.doc)}export interface ${shortName(shape.name)} {\n${fields.join('\n')}\n}`;
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

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(generatedFile, await contractsSource());
}
