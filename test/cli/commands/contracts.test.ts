import { readFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import type { AvroSchema } from '../../../src/contracts/avro-schema.ts';
import { contract } from '../../../src/contracts/contract.ts';
import { topic } from '../../../src/core/topic.ts';
import { defineTopology } from '../../../src/dsl/define-topology.ts';
import { fakeRegistry } from '../../contracts/fake-registry-server.ts';
import { fakeEngine } from '../fake-engine.ts';
import { fakeIo, type FakeIo } from '../fake-io.ts';

const bid = (...more: object[]): AvroSchema =>
  ({ type: 'record', name: 'Bid', fields: [{ name: 'auction', type: 'long' }, ...more] }) as unknown as AvroSchema;
const price = { name: 'price', type: ['null', 'long'], default: null };
const broken: AvroSchema = { type: 'record', name: 'Bid', fields: [{ name: 'auction', type: 'string' }] };

const Bid = contract(bid(price), { encoding: 'avro' });
const copying = defineTopology({
  name: 'copying',
  build(t) {
    const bids = t.source('bids', topic('bids', Bid));
    bids.sinkTo('copies', topic('copies', Bid));
    bids.sinkTo('texts', topic('texts', Bid.withEncoding('json')));
  },
});

async function call(words: readonly string[], io: FakeIo = fakeIo()): Promise<{ code: number; io: FakeIo }> {
  const engine = fakeEngine();
  const loadTopology: typeof engine.loadTopology = async () => ({
    topology: copying,
    url: 'file:///copying.ts',
    exports: {},
  });
  return { code: await main(['contracts', ...words], io, { ...engine, loadTopology }), io };
}

describe('contracts check, register, diff', () => {
  test('say what is new, register it, and then that it is there', async () => {
    const { url, registry } = await fakeRegistry();
    const at = ['copying', '--registry', url];
    const states = async (command: string): Promise<unknown> => {
      const { code, io } = await call([command, ...at, '--json']);
      expect(code).toBe(0);
      return (JSON.parse(io.stdout.text) as { subject: string; state: string }[]).map((f) => [f.subject, f.state]);
    };
    const fresh = [
      ['bids-value', 'new'],
      ['copies-value', 'new'],
    ];
    expect(await states('check')).toEqual(fresh);
    expect(await registry.latest('copies-value')).toBeUndefined();
    expect(await states('register')).toEqual([fresh[0], ['copies-value', 'registered']]);
    expect(await registry.latest('bids-value')).toBeUndefined();
    expect(await states('check')).toEqual([fresh[0], ['copies-value', 'registered']]);
  });

  test('fail with the fields, and register nothing, when a contract does not fit', async () => {
    const { url, registry } = await fakeRegistry();
    await registry.idFor('bids-value', broken);
    for (const command of ['check', 'register']) {
      const { code, io } = await call([command, 'copying', '--registry', url]);
      expect(code).toBe(1);
      expect(io.stdout.text).toMatch(/bids +bids-value +incompatible\n/);
      expect(io.stdout.text).toContain('bids-value: auction was string, is long');
    }
    expect(await registry.latest('copies-value')).toBeUndefined();
  });

  test('show what is different', async () => {
    const { url, registry } = await fakeRegistry();
    await registry.idFor('copies-value', bid());
    const { io } = await call(['diff', 'copying', '--registry', url]);
    expect(io.stdout.text).toBe(
      'bids-value: not registered\ncopies-value: against version 1\n  + price: long or null = null\n',
    );
  });

  test('need a registry and an Avro topic', async () => {
    const none = await call(['check', 'copying']);
    expect(none.code).toBe(2);
    expect(none.io.stderr.text).toContain('Give --registry URL');
    const { url } = await fakeRegistry();
    const io = fakeIo();
    io.file('millrace.yaml', 'topics:\n  bids: { encoding: json }\n  copies: { encoding: json }\n');
    const json = await call(['check', 'copying', '--registry', url], io);
    expect(json.code).toBe(2);
    expect(json.io.stderr.text).toContain('no topic of the job is written as Avro');
  });
});

describe('contracts generate', () => {
  test('writes a file, and notices when it is stale', async () => {
    const io = fakeIo();
    mkdirSync(join(io.cwd, 'schemas'));
    io.file('schemas/bid.avsc', JSON.stringify(bid(price)));
    const check = ['generate', '--output', 'bids.ts', '--check'];
    expect((await call(check, io)).code).toBe(1);
    expect((await call(['generate', '--output', 'bids.ts'], io)).code).toBe(0);
    const text = readFileSync(join(io.cwd, 'bids.ts'), 'utf8');
    expect(text).toContain("import { contract } from 'millrace';");
    expect(text).toContain(
      'export interface Bid {\n  readonly auction: number;\n  readonly price?: number | undefined;\n}',
    );
    expect(text).toContain('export const Bid = contract<Bid>(');
    expect((await call(check, io)).code).toBe(0);
    io.file('schemas/bid.avsc', JSON.stringify(bid()));
    expect((await call(check, io)).code).toBe(1);
  });

  test('says which file is wrong', async () => {
    const io = fakeIo();
    expect((await call(['generate'], io)).code).toBe(2);
    expect(io.stderr.text).toContain('there is no folder schemas');
    mkdirSync(join(io.cwd, 'schemas'));
    io.file('schemas/a.avsc', '{');
    await call(['generate'], io);
    expect(io.stderr.text).toContain('CONTRACT_INVALID: a.avsc');
  });
});
