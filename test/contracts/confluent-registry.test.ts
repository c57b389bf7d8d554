import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { AvroSchema } from '../../src/contracts/avro-schema.ts';
import { connectRegistry } from '../../src/contracts/confluent-registry.ts';
import { contract } from '../../src/contracts/contract.ts';
import { registered, registeredReader } from '../../src/contracts/registered.ts';
import { ByteWriter } from '../../src/core/byte-writer.ts';
import { fakeRegistry } from './fake-registry-server.ts';
import { bidV1, bidV2, type Bid } from './bid-schemas.ts';

const broken: AvroSchema = { type: 'record', name: 'Bid', fields: [{ name: 'auction', type: 'string' }] };

describe('a schema registry over HTTP', () => {
  test('gives a schema one id, registered once', async () => {
    const fake = await fakeRegistry();
    const registry = await connectRegistry({ url: fake.url });
    expect(await registry.find('bids-value', bidV1)).toBeUndefined();
    expect(await registry.latest('bids-value')).toBeUndefined();
    expect(await registry.idFor('bids-value', bidV1)).toBe(1);
    fake.requests.length = 0;
    expect(await registry.idFor('bids-value', bidV1)).toBe(1);
    expect(fake.requests).toEqual(['POST /subjects/bids-value']);
    expect(await registry.idFor('bids-value', bidV2)).toBe(2);
    expect(await registry.latest('bids-value')).toEqual({ id: 2, version: 2, schema: bidV2 });
    expect(await registry.byId(1)).toMatchObject({ type: 'record', name: 'Bid' });
    expect(fake.levels.size).toBe(0);
  });

  test('says which field is not compatible', async () => {
    const fake = await fakeRegistry();
    const registry = await connectRegistry({ url: fake.url });
    await registry.idFor('bids-value', bidV1);
    expect(await registry.check('bids-value', bidV2)).toEqual([]);
    expect(await registry.check('new-value', broken)).toEqual([]);
    const problems = [{ path: 'auction', reason: 'was int, is string' }];
    expect(await registry.check('bids-value', broken)).toMatchObject(problems);
    await expect(registry.idFor('bids-value', broken)).rejects.toThrow(
      'CONTRACT_INCOMPATIBLE: bids-value: auction was int, is string',
    );
  });

  test('gives new subjects the level that is asked for, and refuses to change that of others', async () => {
    const fake = await fakeRegistry();
    const registry = await connectRegistry({ url: fake.url, compatibility: 'FULL' });
    await registry.idFor('bids-value', bidV1);
    expect(fake.levels).toEqual(new Map([['bids-value', 'FULL']]));
    fake.levels.set('other-value', 'BACKWARD');
    await expect(registry.idFor('other-value', bidV1)).rejects.toThrow('other-value has the level BACKWARD');
    const careful = await connectRegistry({ url: fake.url });
    await careful.idFor('other-value', bidV1);
    expect(fake.levels.get('other-value')).toBe('BACKWARD');
  });

  test('registers nothing when it may not', async () => {
    const fake = await fakeRegistry();
    const registry = await connectRegistry({ url: fake.url, register: false });
    await expect(registry.idFor('bids-value', bidV1)).rejects.toThrow('run-topology contracts register');
    expect(await registry.latest('bids-value')).toBeUndefined();
  });

  test('serves contracts of other versions, and knows an unknown id from a registry that is away', async () => {
    const fake = await fakeRegistry();
    const registry = await connectRegistry({ url: fake.url });
    const writer = await registered(contract<Bid>(bidV1), registry, 'bids-value');
    const out = new ByteWriter();
    writer.encode({ auction: 3 }, out);
    const bytes = out.take();
    const reader = registeredReader(contract<Bid>(bidV2), await connectRegistry({ url: fake.url }));
    fake.refusal = { status: 503, body: '{"message":"overloaded"}' };
    await expect(reader.prepare(bytes, 0, bytes.length)).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      reaction: 'rollback',
    });
    fake.refusal = undefined;
    await reader.prepare(bytes, 0, bytes.length);
    expect(reader.decode(bytes, 0, bytes.length)).toStrictEqual({ auction: 3, price: undefined });
    bytes.writeUInt32BE(77, 1);
    await reader.prepare(bytes, 0, bytes.length);
    expect(() => reader.decode(bytes, 0, bytes.length)).toThrow('SCHEMA_UNKNOWN: schema 77');
  });
});

describe('a registry that cannot be used', () => {
  test('is not a URL', async () => {
    await expect(connectRegistry({ url: 'localhost:8081' })).rejects.toThrow('like http://localhost:8081');
  });

  test('refuses the credentials', async () => {
    const fake = await fakeRegistry();
    fake.authorization = `Basic ${btoa('me:secret')}`;
    await connectRegistry({ url: fake.url, username: 'me', password: 'secret' });
    const wrong = connectRegistry({ url: fake.url, username: 'me', password: 'guess' });
    await expect(wrong).rejects.toThrow('registry.username');
    await expect(wrong).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    fake.authorization = 'Bearer abc';
    await connectRegistry({ url: fake.url, token: 'abc' });
  });

  test('is something else', async () => {
    const fake = await fakeRegistry();
    await expect(connectRegistry({ url: `${fake.url}/elsewhere` })).rejects.toThrow('/apis/ccompat/v7');
    fake.refusal = { status: 200, body: '<html>' };
    await expect(connectRegistry({ url: fake.url })).rejects.toThrow('CONFIG_INVALID');
  });

  test('is not there', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await expect(connectRegistry({ url: `http://127.0.0.1:${String(port)}` })).rejects.toThrow(
      /REGISTRY_UNAVAILABLE.*fails with: .*ECONNREFUSED.*Check registry.url/,
    );
  });
});
