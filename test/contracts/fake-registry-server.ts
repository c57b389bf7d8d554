/** An HTTP server that answers like a schema registry, with a MemoryRegistry behind it. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { AvroSchema } from '../../src/contracts/avro-schema.ts';
import type { CompatibilityLevel } from '../../src/contracts/compatibility.ts';
import { MemoryRegistry } from '../../src/contracts/memory-registry.ts';
import { StreamError } from '../../src/core/stream-error.ts';

export interface FakeRegistry {
  readonly url: string;
  readonly registry: MemoryRegistry;
  /** What was asked, as `GET /subjects`. */
  readonly requests: string[];
  /** Levels that subjects have of their own. */
  readonly levels: Map<string, CompatibilityLevel>;
  /** Answers everything with this, when set. */
  refusal: { readonly status: number; readonly body: string } | undefined;
  /** Knows subjects and no ids. */
  schemasAway: boolean;
  /** The only `Authorization` that is let in, when set. */
  authorization: string | undefined;
}

class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export async function fakeRegistry(): Promise<FakeRegistry> {
  const fake = {
    url: '',
    registry: new MemoryRegistry(),
    requests: [] as string[],
    levels: new Map<string, CompatibilityLevel>(),
    refusal: undefined as FakeRegistry['refusal'],
    schemasAway: false,
    authorization: undefined as string | undefined,
  };
  const server = createServer((request, response) => {
    void answer(fake, request).then(
      ({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(body);
      },
      (thrown: unknown) => {
        const { message } = thrown as Error;
        response.writeHead(thrown instanceof Refused ? thrown.status : 500).end(JSON.stringify({ message }));
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return fake;
}

async function answer(fake: FakeRegistry, request: IncomingMessage): Promise<{ status: number; body: string }> {
  const { pathname } = new URL(request.url ?? '/', fake.url);
  fake.requests.push(`${request.method ?? ''} ${pathname}`);
  if (fake.authorization !== undefined && request.headers.authorization !== fake.authorization) {
    throw new Refused(401, 'who are you?');
  }
  if (fake.refusal !== undefined) return fake.refusal;
  const text = (await request.toArray()).join('');
  const body = (text === '' ? {} : JSON.parse(text)) as { schema?: string; compatibility?: CompatibilityLevel };
  return { status: 200, body: JSON.stringify(await act(fake, request.method ?? '', pathname, body)) };
}

async function act(
  { registry, levels, schemasAway }: FakeRegistry,
  method: string,
  path: string,
  body: { schema?: string; compatibility?: CompatibilityLevel },
): Promise<unknown> {
  const schema = JSON.parse(body.schema ?? 'null') as AvroSchema;
  const [, kind = '', first = '', second = ''] = path.split('/');
  switch (`${method} ${kind}`) {
    case 'GET subjects': {
      if (first === '') return [];
      const latest = await registry.latest(first);
      if (latest === undefined) throw new Refused(404, 'Subject not found');
      return { ...latest, subject: first, schema: JSON.stringify(latest.schema) };
    }
    case 'POST subjects': {
      if (second === 'versions') return { id: await register(registry, first, schema) };
      const id = await registry.find(first, schema);
      if (id === undefined) throw new Refused(404, 'Schema not found');
      return { id, subject: first };
    }
    case 'GET config': {
      const level = levels.get(first);
      if (level === undefined) throw new Refused(404, 'Subject has no level');
      return { compatibilityLevel: level };
    }
    case 'PUT config':
      levels.set(first, body.compatibility!);
      return body;
    case 'POST compatibility': {
      const problems = await registry.check(second, schema);
      return { is_compatible: problems.length === 0, messages: problems.map(({ reason }) => `it ${reason}`) };
    }
    case 'GET schemas': {
      const id = Number(path.split('/').at(-1));
      if (schemasAway) throw new Refused(503, 'overloaded');
      const found = await registry.byId(id).catch(() => undefined);
      if (found === undefined) throw new Refused(404, 'Schema not found');
      return { schema: JSON.stringify(found) };
    }
    default:
      throw new Refused(404, 'no such path');
  }
}

async function register(registry: MemoryRegistry, subject: string, schema: AvroSchema): Promise<number> {
  try {
    return await registry.idFor(subject, schema);
  } catch (error) {
    throw new Refused(409, StreamError.is(error) ? error.reason : 'conflict');
  }
}
