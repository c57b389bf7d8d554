/**
 * The parts of @kafkajs/confluent-schema-registry that are used. Its class has no public way to ask for compatibility,
 * levels and version numbers, so the requests below it are used as well: the package is pinned exactly, and a test loads
 * it and asks for each.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import type { RegistryOptions } from './registry-options.ts';

/** With one repetition, so that a registry that is not there is told within ten seconds. */
const timeoutMs = 4_000;

interface Answer<T> {
  data(): T;
}

export interface RegistryRequests {
  readonly Subject: {
    all(): Promise<Answer<unknown>>;
    latestVersion(of: { subject: string }): Promise<Answer<{ id: number; version: number; schema: string }>>;
    config(of: { subject: string }): Promise<Answer<{ compatibilityLevel: string }>>;
    compatible(of: {
      subject: string;
      verbose: true;
      body: { schema: string };
    }): Promise<Answer<{ is_compatible: boolean; messages?: readonly string[] }>>;
  };
}

export interface RegistryClient {
  readonly client: SchemaRegistry;
  readonly requests: RegistryRequests;
  readonly avro: SchemaType.AVRO;
  readonly levels: typeof COMPATIBILITY;
}

type ClientOptions = ConstructorParameters<typeof SchemaRegistry>[0];
type Middleware = NonNullable<ClientOptions['middlewares']>[number];

/** Makes the client; connects nothing. */
export async function registryClient(options: RegistryOptions): Promise<RegistryClient> {
  const { url, username, password = '', token, ca } = options;
  const library = await import('@kafkajs/confluent-schema-registry'); // 90 ms, for those who use it
  const agent = url.startsWith('https:')
    ? new HttpsAgent({ timeout: timeoutMs, ...(ca === undefined ? {} : { ca }) })
    : new HttpAgent({ timeout: timeoutMs });
  const client = new library.SchemaRegistry({
    host: url.replace(/\/+$/, ''),
    clientId: 'millrace',
    agent,
    retry: { retries: 1 },
    middlewares: [inTime(token)],
    ...(username === undefined ? {} : { auth: { username, password } }),
  });
  const requests = (client as unknown as { api: RegistryRequests }).api;
  return { client, requests, avro: library.SchemaType.AVRO, levels: library.COMPATIBILITY };
}

function inTime(token: string | undefined): Middleware {
  const headers = token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } };
  return () => ({
    prepareRequest: async (next) => (await next()).enhance({ timeout: timeoutMs, ...headers }),
  });
}
