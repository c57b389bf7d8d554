/** What the runner knows of a job's configuration schema: which paths exist and which are secret. */
import { z } from 'zod';
import { isSecretName } from '../../observability/redactor.ts';

export interface JobField {
  readonly path: readonly string[];
  readonly help: string | undefined;
  /** Marked with `.meta({ secret: true })`, or named like a secret. */
  readonly secret: boolean;
  /** Any names may lie below it (records, and what a schema cannot describe). */
  readonly open: boolean;
}

/** The leaves of an object schema; a schema that is no object is one leaf without a path. */
export function jobFields(schema: z.ZodType): readonly JobField[] {
  const fields: JobField[] = [];
  const walk = (node: JsonSchema, path: readonly string[]): void => {
    if (node.properties !== undefined) {
      for (const [name, child] of Object.entries(node.properties)) walk(child, [...path, name]);
      return;
    }
    const secret = node.secret === true || isSecretName(path.at(-1) ?? '');
    const open = node.type === undefined || node.type === 'object';
    fields.push({ path, help: node.description, secret, open });
  };
  walk(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema, []);
  return fields;
}

/** The part of a JSON schema that is read here; zod writes all of it, `.meta()` included. */
interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly description?: string;
  readonly secret?: unknown;
}
