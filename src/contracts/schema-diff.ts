import type { AvroSchema } from './avro-schema.ts';
import { parseSchema } from './parse-schema.ts';
import { shortName } from './shape.ts';
import type { RecordShape, Shape } from './shape.ts';

export interface SchemaChange {
  readonly kind: 'added' | 'removed' | 'changed';
  /** Path of the field, like `trafficGroups[].bbox`. */
  readonly path: string;
  /** Its type before, and now. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What is different between two schemas, field by field, in the order of the new one. */
export function schemaDiff(before: AvroSchema, after: AvroSchema): readonly SchemaChange[] {
  const old = fieldsOf(parseSchema(before));
  const now = fieldsOf(parseSchema(after));
  const changes: SchemaChange[] = [];
  for (const [path, type] of now) {
    const was = old.get(path);
    if (was === type) continue;
    changes.push({ kind: was === undefined ? 'added' : 'changed', path, before: was, after: type });
  }
  for (const [path, type] of old) {
    if (!now.has(path)) changes.push({ kind: 'removed', path, before: type, after: undefined });
  }
  return changes;
}

/** Each field, also those of records inside, with its type as text. */
function fieldsOf(record: RecordShape): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const visit = (shape: Shape, path: string, outer: readonly RecordShape[]): void => {
    switch (shape.kind) {
      case 'record':
        if (outer.includes(shape)) return; // it contains itself
        for (const { name, shape: inner, optional, fallback } of shape.fields) {
          const place = path === '' ? name : `${path}.${name}`;
          const value = optional ? ' = null' : fallback === undefined ? '' : ` = ${JSON.stringify(fallback.value)}`;
          found.set(place, typeText(inner) + value);
          visit(inner, place, [...outer, shape]);
        }
        return;
      case 'array':
        visit(shape.items, `${path}[]`, outer);
        return;
      case 'map':
        visit(shape.values, `${path}{}`, outer);
        return;
      case 'nullable':
        visit(shape.of, path, outer);
        return;
      default:
        return;
    }
  };
  visit(record, '', []);
  return found;
}

function typeText(shape: Shape): string {
  switch (shape.kind) {
    case 'array':
      return `${typeText(shape.items)}[${shape.length === undefined ? '' : String(shape.length)}]`;
    case 'map':
      return `map of ${typeText(shape.values)}`;
    case 'nullable':
      return `${typeText(shape.of)} or null`;
    case 'enum':
      return `${shortName(shape.name)} (${shape.symbols.join(', ')})`;
    case 'record':
      return shortName(shape.name);
    default:
      return shape.kind;
  }
}
