import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { produce } from '../../../src/connectors/produce.ts';
import { BatchWriter } from '../../../src/core/batch-writer.ts';
import { bytes } from '../../../src/core/codec.ts';
import { systemClock } from '../../../src/core/clock.ts';
import {
  connectRegistry,
  contract,
  defineTopology,
  kafka,
  leveldb,
  registered,
  run,
  topic,
  type AvroSchema,
} from '../../../src/index.ts';
import { deadLetterCodec } from '../../../src/runtime/dead-letters.ts';
import { writeTopic } from '../../support/write-topic.ts';
import { readSettled } from '../support/read-settled.ts';
import { describeOnKafka } from '../support/on-kafka.ts';

interface Bid {
  readonly auction: number;
  readonly price?: number | undefined;
}
const schema = (...fields: object[]): AvroSchema =>
  ({ type: 'record', name: 'Bid', namespace: 'shop', fields }) as unknown as AvroSchema;
const v1 = schema({ name: 'auction', type: 'int' });
const v2 = schema({ name: 'auction', type: 'long' }, { name: 'price', type: ['null', 'long'], default: null });
const broken = schema({ name: 'auction', type: 'string' });
const Bid = contract<Bid>(v2, { encoding: 'avro' });

const pricing = defineTopology({
  name: 'pricing',
  build(t) {
    t.source('bids', topic('bids', Bid))
      .map((bid) => ({ ...bid, price: 7 }), { id: 'price', codec: Bid })
      .sinkTo('priced', topic('priced', Bid));
  },
});

describeOnKafka('a schema registry', { registry: true }, (cluster) => {
  const url = (): string => cluster().registryUrl!;

  test('gives ids, keeps versions, and refuses what is not compatible', async () => {
    const registry = await connectRegistry({ url: url(), compatibility: 'BACKWARD' });
    expect(await registry.latest('control-value')).toBeUndefined();
    const first = await registry.idFor('control-value', v1);
    expect(await registry.idFor('control-value', v1)).toBe(first);
    expect(await registry.check('control-value', v2)).toEqual([]);
    const second = await registry.idFor('control-value', v2);
    expect(second).not.toBe(first);
    expect(await registry.latest('control-value')).toMatchObject({ id: second, version: 2 });
    expect(await registry.byId(first)).toMatchObject({ type: 'record', name: 'shop.Bid' });
    expect(await registry.check('control-value', broken)).toEqual([{ path: 'auction', reason: 'was long, is string' }]);
    await expect(registry.idFor('control-value', broken)).rejects.toThrow(
      'CONTRACT_INCOMPATIBLE: control-value (BACKWARD)',
    );
    await expect(registry.byId(999_999)).rejects.toThrow('SCHEMA_UNKNOWN');
    const full = await connectRegistry({ url: url(), compatibility: 'FULL' });
    await expect(full.idFor('control-value', schema({ name: 'auction', type: 'double' }))).rejects.toThrow(
      'control-value has the level BACKWARD',
    );
  });

  test('carries a job: schemas by id, a poison id aside with its bytes', async () => {
    const log = kafka({ brokers: cluster().bootstrap });
    const registry = await connectRegistry({ url: url() });
    const old = await registered(contract<Bid>(v1, { encoding: 'avro' }), registry, 'bids-value');
    const open = await log.open({ clock: systemClock, job: 'test' });
    onTestFinished(() => open.close());
    await open.log.topics.create([{ name: 'bids', partitions: 1 }]);
    await writeTopic(open.log, topic('bids', old), [{ auction: 3 }, { auction: 4 }]);
    const poison = Buffer.from([0, 0, 15, 66, 63, 6]);
    const writer = new BatchWriter('bids', 0);
    writer.append(null, bytes, poison, NaN);
    await produce(open.log, 'poison', [writer.seal()!]);

    const folder = mkdtempSync(join(tmpdir(), 'millrace-registry-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const job = await run(pricing, { log, state: leveldb(folder), bounded: true, registry: { url: url() } });
    await job.finished;

    const priced = await registered(Bid, registry, 'priced-value');
    expect((await readSettled(open.log, 'priced', priced)).flat()).toEqual([
      { auction: 3, price: 7 },
      { auction: 4, price: 7 },
    ]);
    const [letter, ...more] = (await readSettled(open.log, 'pricing-dlq', deadLetterCodec)).flat();
    expect(more).toEqual([]);
    expect(letter).toMatchObject({ operator: 'bids', source: 'bids', code: 'SCHEMA_UNKNOWN' });
    expect(Buffer.from(letter!.raw, 'base64')).toEqual(poison);
  });

  test('is told within ten seconds when it does not answer, or is something else', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void silent.close());
    const start = performance.now();
    const { port } = silent.address() as AddressInfo;
    await expect(connectRegistry({ url: `http://127.0.0.1:${String(port)}` })).rejects.toThrow(
      /REGISTRY_UNAVAILABLE.*Check registry.url/,
    );
    await expect(connectRegistry({ url: url().replace('ccompat', 'elsewhere') })).rejects.toThrow('/apis/ccompat/v7');
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  test('is asked by run-topology contracts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-registry-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    const library = new URL('../../../src/index.ts', import.meta.url).href;
    writeFileSync(
      join(folder, 'job.ts'),
      `import { contract, defineTopology, topic } from ${JSON.stringify(library)};
       const Bid = contract(${JSON.stringify(v2)}, { encoding: 'avro' });
       export default defineTopology({
         name: 'from-the-command-line',
         build: (t) => t.source('in', topic('cli-in', Bid)).sinkTo('out', topic('cli-out', Bid)),
       });`,
    );
    const bin = new URL('../../../bin/run-topology.js', import.meta.url).pathname;
    const contracts = (command: string) =>
      promisify(execFile)(process.execPath, [bin, 'contracts', command, './job.ts', '--registry', url()], {
        cwd: folder,
      });
    expect((await contracts('check')).stdout).toMatch(/cli-out-value +new/);
    expect((await contracts('register')).stdout).toMatch(/cli-out-value +registered/);
    expect((await contracts('diff')).stdout).toContain('cli-out-value: as version 1');
    const registry = await connectRegistry({ url: url(), compatibility: 'BACKWARD' });
    await registry.idFor('cli-in-value', broken);
    await expect(contracts('check')).rejects.toMatchObject({ code: 1 });
  });
});
