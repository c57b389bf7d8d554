import { StreamError } from '../core/stream-error.ts';
import type { AvroSchema } from './avro-schema.ts';
import { fingerprintOf } from './canonical-form.ts';
import { checkEvolution } from './compatibility.ts';
import type { CompatibilityLevel, Incompatibility } from './compatibility.ts';
import { parseSchema } from './parse-schema.ts';
import type { SchemaRegistryPort, SubjectVersion } from './schema-registry-port.ts';

/** A registry inside of the process, for tests and programs of one process. */
export class MemoryRegistry implements SchemaRegistryPort {
  readonly #level: CompatibilityLevel;
  /** Index = id - 1. */
  readonly #schemas: AvroSchema[] = [];
  readonly #ids = new Map<string, number>();
  readonly #subjects = new Map<string, AvroSchema[]>();

  constructor(level: CompatibilityLevel = 'BACKWARD') {
    this.#level = level;
  }

  async idFor(subject: string, schema: AvroSchema): Promise<number> {
    const fingerprint = fingerprintOf(parseSchema(schema));
    const versions = this.#subjects.get(subject) ?? [];
    if ((await this.find(subject, schema)) === undefined) {
      const problems = checkEvolution(this.#level, schema, versions);
      if (problems.length > 0) {
        const list = problems.map(({ path, reason }) => `${path} ${reason}`).join('; ');
        throw new StreamError('CONTRACT_INCOMPATIBLE', `${subject} (${this.#level}): ${list}`);
      }
      this.#subjects.set(subject, [...versions, schema]);
    }
    const known = this.#ids.get(fingerprint);
    if (known !== undefined) return known;
    const id = this.#schemas.push(schema);
    this.#ids.set(fingerprint, id);
    return id;
  }

  async find(subject: string, schema: AvroSchema): Promise<number | undefined> {
    const fingerprint = fingerprintOf(parseSchema(schema));
    const versions = this.#subjects.get(subject) ?? [];
    const has = versions.some((version) => fingerprintOf(parseSchema(version)) === fingerprint);
    return has ? this.#ids.get(fingerprint) : undefined;
  }

  async byId(id: number): Promise<AvroSchema> {
    const schema = this.#schemas[id - 1];
    if (schema === undefined) throw new StreamError('SCHEMA_UNKNOWN', `no schema has the id ${id}`);
    return schema;
  }

  async latest(subject: string): Promise<SubjectVersion | undefined> {
    const versions = this.#subjects.get(subject) ?? [];
    const schema = versions.at(-1);
    if (schema === undefined) return undefined;
    return { id: (await this.find(subject, schema))!, version: versions.length, schema };
  }

  async check(subject: string, schema: AvroSchema): Promise<readonly Incompatibility[]> {
    return checkEvolution(this.#level, schema, this.#subjects.get(subject) ?? []);
  }
}
