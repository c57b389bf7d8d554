import { onTestFinished, describe, expect, test } from 'vitest';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { bytes } from '../../src/core/codec.ts';
import { connectRegistry, contract, defineTopology, leveldb, registered, run, topic } from '../../src/index.ts';
import type { AvroSchema, LogFactory, RunOptions } from '../../src/index.ts';
import { redrive } from '../../src/job/redrive.ts';
import { deadLetterCodec } from '../../src/runtime/dead-letters.ts';
import { MemoryStore } from '../../src/state/memory/memory-store.ts';
import { fakeRegistry, type FakeRegistry } from '../contracts/fake-registry-server.ts';
import { asThen } from '../support/as-then.ts';
import { readTopic } from '../support/read-topic.ts';
import { writeTopic } from '../support/write-topic.ts';
import { bidV1, bidV2, type Bid } from '../contracts/bid-schemas.ts';

const priced: AvroSchema = {
  type: 'record',
  name: 'Bid',
  fields: [
    { name: 'auction', type: 'int' },
    { name: 'price', type: ['null', 'int'], default: null },
  ],
};
const Old = contract<Bid>(bidV1, { encoding: 'avro' });
const New = contract<Bid>(bidV2, { encoding: 'avro' });

/** Copies bids, as they are and priced. */
const pricing = defineTopology({
  name: 'pricing',
  build(t) {
    const bids = t.source('bids', topic('bids', New));
    bids.sinkTo('copies', topic('copies', New));
    bids
      .map((bid) => ({ ...bid, price: 7 }), { id: 'price', codec: New })
      .sinkTo('priced', topic('priced', New.withEncoding('json')));
  },
});

async function place() {
  const fake = await fakeRegistry();
  const store = new MemoryStore();
  const log = new MemoryLog({ store });
  onTestFinished(() => log.close());
  const factory: LogFactory = {
    kind: 'memory',
    open: () => Promise.resolve({ log, store, close: () => Promise.resolve() }),
  };
  await log.topics.create([{ name: 'bids', partitions: 1 }]);
  const start = (options: RunOptions<unknown> = {}) =>
    run(pricing, {
      log: factory,
      state: leveldb(),
      bounded: true,
      registry: { url: fake.url },
      restart: { initial: '10ms' },
      ...options,
    });
  return {
    fake,
    log,
    start,
    raw: (name: string) => readTopic(log, name, bytes).then((all) => all.flat().map((value) => [...value])),
  };
}

async function writeOld(fake: FakeRegistry, log: MemoryLog, auctions: readonly number[]): Promise<void> {
  const codec = await registered(Old, await connectRegistry({ url: fake.url }), 'bids-value');
  await writeTopic(
    log,
    topic('bids', codec),
    auctions.map((auction) => ({ auction })),
  );
}

const framed = (id: number, ...body: number[]): number[] => [0, 0, 0, 0, id, ...body];

describe('a job with a schema registry', () => {
  test('reads records with the schema they name and writes its own in front', async () => {
    const { fake, log, start, raw } = await place();
    await writeOld(fake, log, [3, 4]);
    await (
      await start()
    ).finished;
    expect(await raw('copies')).toEqual([framed(2, 6, 0), framed(2, 8, 0)]);
    const texts = (await raw('priced')).map((value) => Buffer.from(value).toString());
    expect(texts).toEqual(['{"auction":3,"price":7}', '{"auction":4,"price":7}']);
    expect(await fake.registry.latest('copies-value')).toMatchObject({ id: 2, version: 1 });
    expect(await fake.registry.latest('priced-value')).toBeUndefined();
    expect(await fake.registry.latest('bids-value')).toMatchObject({ id: 1, version: 1 });
  });

  test('puts records with an unknown schema aside, with their bytes, and takes them back when it is known', async () => {
    const { fake, log, start, raw } = await place();
    await writeOld(fake, log, [3]);
    await writeTopic(log, topic('bids', bytes), [Uint8Array.from(framed(9, 10, 2, 12))]);
    await writeOld(fake, log, [4]);
    await (
      await start()
    ).finished;
    expect(await raw('copies')).toHaveLength(2);
    const [letter, ...more] = (await readTopic(log, 'pricing-dlq', deadLetterCodec)).flat();
    expect(more).toEqual([]);
    expect(letter).toMatchObject({ operator: 'bids', offset: 1, code: 'SCHEMA_UNKNOWN' });
    expect([...Buffer.from(letter!.raw, 'base64')]).toEqual(framed(9, 10, 2, 12));

    for (let id = 3; id < 9; id++) {
      await fake.registry.idFor(`other-${String(id)}`, { type: 'record', name: `Other${String(id)}`, fields: [] });
    }
    expect(await fake.registry.idFor('bids-value', priced)).toBe(9);
    await redrive(log, asThen([letter!]));
    await (
      await start()
    ).finished;
    expect(await raw('copies')).toEqual([framed(2, 6, 0), framed(2, 8, 0), framed(2, 10, 2, 12)]);
  });

  test('waits for a registry that is away, and loses nothing', async () => {
    const { fake, log, start, raw } = await place();
    await writeOld(fake, log, [3, 4]);
    const warnings: string[] = [];
    fake.schemasAway = true;
    const job = await start({
      onWarning: (message) => {
        warnings.push(message);
        fake.schemasAway = false;
      },
    });
    await job.finished;
    expect(warnings[0]).toContain('REGISTRY_UNAVAILABLE');
    expect(await raw('copies')).toHaveLength(2);
    expect((await readTopic(log, 'pricing-dlq', deadLetterCodec)).flat()).toEqual([]);
  });

  test('encodes a topic as its settings say', async () => {
    const { fake, log, start, raw } = await place();
    await writeOld(fake, log, [3]);
    await (
      await start({ topics: { copies: { encoding: 'json' }, priced: { encoding: 'avro' } } })
    ).finished;
    const [copy] = await raw('copies');
    expect(Buffer.from(copy!).toString()).toBe('{"auction":3}');
    expect(await raw('priced')).toEqual([framed(2, 6, 2, 14)]);
  });

  test('needs no registry for topics without Avro', async () => {
    const { fake, log, start, raw } = await place();
    await writeTopic(log, topic('bids', New.withEncoding('json')), [{ auction: 3 }]);
    fake.refusal = { status: 500, body: '' };
    await (
      await start({ topics: { copies: { encoding: 'json' }, bids: { encoding: 'json' } } })
    ).finished;
    expect(await raw('copies')).toHaveLength(1);
  });

  test('does not start without one', async () => {
    const { fake, log, start } = await place();
    await writeOld(fake, log, [3]);
    fake.authorization = 'Basic x';
    await expect(start()).rejects.toThrow(/AUTHENTICATION_FAILED in pricing/);
  });
});
