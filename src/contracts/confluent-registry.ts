import { StreamError } from '../core/stream-error.ts';
import type { AvroSchema } from './avro-schema.ts';
import { checkEvolution, type CompatibilityLevel, type Incompatibility } from './compatibility.ts';
import { registryClient, type RegistryClient } from './registry-client.ts';
import { registryFailure, statusOf } from './registry-failure.ts';
import type { RegistryOptions } from './registry-options.ts';
import type { SchemaRegistryPort, SubjectVersion } from './schema-registry-port.ts';

/**
 * A schema registry with Confluent's API: Confluent's own, Apicurio, Karapace. Fails within ten seconds with
 * CONFIG_INVALID, REGISTRY_UNAVAILABLE, AUTHENTICATION_FAILED or NOT_AUTHORIZED when it cannot be used.
 */
export async function connectRegistry(options: RegistryOptions): Promise<SchemaRegistryPort> {
  const { url } = options;
  if (!/^https?:\/\/[^/]/.test(url)) {
    throw new StreamError('CONFIG_INVALID', `registry.url is ${JSON.stringify(url)}`, {
      remedy: 'Give the URL of a schema registry, like http://localhost:8081.',
    });
  }
  const client = await registryClient(options);
  let subjects: unknown;
  try {
    subjects = (await client.requests.Subject.all()).data();
  } catch (thrown) {
    if (statusOf(thrown) !== 404) throw registryFailure(thrown, url, 'the list of subjects');
  }
  if (!Array.isArray(subjects)) {
    throw new StreamError('CONFIG_INVALID', `registry.url is ${url}, and nothing there speaks like a schema registry`, {
      remedy: "The path belongs to the URL: Apicurio has Confluent's API at /apis/ccompat/v7.",
    });
  }
  return new ConfluentRegistry(options, client);
}

class ConfluentRegistry implements SchemaRegistryPort {
  readonly #options: RegistryOptions;
  readonly #registry: RegistryClient;

  constructor(options: RegistryOptions, registry: RegistryClient) {
    this.#options = options;
    this.#registry = registry;
  }

  async idFor(subject: string, schema: AvroSchema): Promise<number> {
    const known = await this.find(subject, schema);
    if (known !== undefined) return known;
    const { register = true, compatibility } = this.#options;
    if (!register) {
      throw new StreamError('SCHEMA_UNKNOWN', `${subject} does not have this schema, and registry.register is off`, {
        remedy: 'Register it: run-topology contracts register.',
      });
    }
    const level = await this.#levelOf(subject);
    if (compatibility !== undefined && level !== undefined && level !== compatibility) {
      const reason = `${subject} has the level ${level}, registry.compatibility says ${compatibility}`;
      throw new StreamError('CONFIG_INVALID', reason, { remedy: 'Change one of them.' });
    }
    const problems = await this.#problems(subject, schema, level);
    if (problems.length > 0) throw incompatible(subject, level, problems);
    return this.#do(`the schema of ${subject}`, async () => {
      const { client, avro, levels } = this.#registry;
      const options = {
        subject,
        // The client refuses to register under another level than it is told, and sets the level of a new subject.
        compatibility: levels[level ?? compatibility ?? 'BACKWARD'],
        updateConfig: compatibility !== undefined,
      };
      return (await client.register({ type: avro, schema: JSON.stringify(schema) }, options)).id;
    });
  }

  find(subject: string, schema: AvroSchema): Promise<number | undefined> {
    const { client, avro } = this.#registry;
    const text = { type: avro, schema: JSON.stringify(schema) };
    return this.#do(`the schema of ${subject}`, () =>
      client.getRegistryIdBySchema(subject, text).catch((thrown: unknown) => {
        if (statusOf(thrown) === 404 || isNotFound(thrown)) return undefined;
        throw thrown;
      }),
    );
  }

  byId(id: number): Promise<AvroSchema> {
    return this.#do(`schema ${id}`, async () => {
      // The client puts schemas together that refer to others.
      const type = await this.#registry.client.getSchema(id);
      if (!('schema' in type)) throw new StreamError('SCHEMA_UNKNOWN', `schema ${id} is not an Avro schema`);
      return (type as unknown as { schema(options: { exportAttrs: true }): AvroSchema }).schema({ exportAttrs: true });
    });
  }

  latest(subject: string): Promise<SubjectVersion | undefined> {
    return this.#do(`the versions of ${subject}`, () =>
      this.#ifThere(async () => {
        const { id, version, schema } = (await this.#registry.requests.Subject.latestVersion({ subject })).data();
        return { id, version, schema: JSON.parse(schema) as AvroSchema };
      }),
    );
  }

  async check(subject: string, schema: AvroSchema): Promise<readonly Incompatibility[]> {
    return this.#problems(subject, schema, await this.#levelOf(subject));
  }

  /** The registry decides; our own comparison says which field it is. */
  async #problems(
    subject: string,
    schema: AvroSchema,
    level: CompatibilityLevel | undefined,
  ): Promise<readonly Incompatibility[]> {
    const body = { schema: JSON.stringify(schema) };
    const answer = await this.#do(`the compatibility of ${subject}`, () =>
      this.#ifThere(async () =>
        (await this.#registry.requests.Subject.compatible({ subject, verbose: true, body })).data(),
      ),
    );
    if (answer?.is_compatible !== false) return [];
    const latest = await this.latest(subject);
    const known = latest === undefined ? [] : checkEvolution(level ?? 'BACKWARD', schema, [latest.schema]);
    if (known.length > 0) return known;
    const { messages = [] } = answer;
    return (messages.length === 0 ? ['is not compatible'] : messages).map((reason) => ({ path: '', reason }));
  }

  /** Undefined: the subject has no level of its own. */
  #levelOf(subject: string): Promise<CompatibilityLevel | undefined> {
    return this.#do(`the level of ${subject}`, () =>
      this.#ifThere(async () => {
        const { compatibilityLevel } = (await this.#registry.requests.Subject.config({ subject })).data();
        return compatibilityLevel.toUpperCase() as CompatibilityLevel;
      }),
    );
  }

  async #ifThere<T>(request: () => Promise<T>): Promise<T | undefined> {
    try {
      return await request();
    } catch (thrown) {
      if (statusOf(thrown) === 404) return undefined;
      throw thrown;
    }
  }

  async #do<T>(what: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (thrown) {
      throw registryFailure(thrown, this.#options.url, what);
    }
  }
}

/** The client wraps the answer 404 in an error without a status. */
function isNotFound(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'ConfluentSchemaRegistryError';
}

function incompatible(
  subject: string,
  level: CompatibilityLevel | undefined,
  problems: readonly Incompatibility[],
): StreamError {
  const list = problems.map(({ path, reason }) => (path === '' ? reason : `${path} ${reason}`)).join('; ');
  const place = level === undefined ? subject : `${subject} (${level})`;
  return new StreamError('CONTRACT_INCOMPATIBLE', `${place}: ${list}`, {
    remedy: 'Give new fields a default, and removed or renamed ones an alias.',
  });
}
