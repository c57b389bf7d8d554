import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { contract } from '../../../src/contracts/contract.ts';
import { json } from '../../../src/core/codec.ts';
import type { Log } from '../../../src/core/log.ts';
import { topic } from '../../../src/core/topic.ts';
import { defineTopology, type Topology } from '../../../src/dsl/define-topology.ts';
import { readTopic } from '../../support/read-topic.ts';
import { fakeEngine, type FakeEngine } from '../fake-engine.ts';
import { fakeIo, type FakeIo } from '../fake-io.ts';
import { sharedLog } from '../memory-log.ts';

interface Order {
  readonly shop: string;
  readonly amount: number;
}

const Order = contract<Order>({
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'shop', type: 'string' },
    { name: 'amount', type: 'int' },
  ],
});

const shop = defineTopology({
  name: 'shop',
  build(t) {
    t.source('orders', topic('orders', Order, { key: (order) => order.shop, partitions: 3 })).sinkTo(
      'lines',
      topic('lines', json<Order>('line'), { partitions: 2 }),
    );
  },
});

function withShop(): { engine: FakeEngine; log: Log; write: (io: FakeIo, ...argv: string[]) => Promise<number> } {
  const engine = fakeEngine();
  const { loadTopology } = engine;
  engine.builtInJobs = () => ['sample', 'shop'];
  engine.loadTopology = async (name, folder) =>
    name === 'shop'
      ? { topology: shop as unknown as Topology<unknown>, url: 'file:///shop.ts', exports: {} }
      : loadTopology(name, folder);
  const { log } = sharedLog(engine);
  return { engine, log, write: (io, ...argv) => main(['topics', 'write', ...argv], io, engine) };
}

const orders = ['a', 'b', 'c', 'd', 'a'].map((name, amount) => ({ shop: name, amount }));
const lines = orders.map((order) => JSON.stringify(order));

test('writes lines by the contract and the key of the job that reads the topic, as they are', async () => {
  const { log, write } = withShop();
  const io = fakeIo();
  io.file('orders.jsonl', `\ufeff${lines.join('\r\n')}\n\n{"shop":"e","amount":9,"undeclared":true}`);
  expect(await write(io, 'orders', '--input', 'orders.jsonl')).toBe(0);
  expect(io.stdout.text).toBe('Wrote 6 records to orders.\n');
  const partitions = await readTopic(log, 'orders', json<Order & { undeclared?: boolean }>('order'));
  expect(partitions).toHaveLength(3);
  expect(partitions.flat()).toHaveLength(6);
  expect(partitions.flat()).toContainEqual({ shop: 'e', amount: 9, undeclared: true });
  const homes = new Set(partitions.flatMap((records, i) => records.filter((r) => r.shop === 'a').map(() => i)));
  expect(homes.size).toBe(1);
  expect(partitions.flat().filter((r) => r.shop === 'a')).toEqual([orders[0], orders[4]]);
});

test('reads standard input as it comes; chunks may end anywhere', async () => {
  const { log, write } = withShop();
  const io = fakeIo();
  const text = `${lines.join('\n')}\n`;
  async function* pieces(): AsyncIterable<string> {
    yield text.slice(0, 100);
    expect((await readTopic(log, 'orders', Order)).flat()).toHaveLength(4);
    yield text.slice(100, 103);
    yield text.slice(103);
  }
  Object.assign(io, { stdin: { [Symbol.asyncIterator]: pieces } });
  expect(await write(io, 'orders', '--job', 'shop', '--json')).toBe(0);
  expect(JSON.parse(io.stdout.text)).toEqual({ topic: 'orders', records: 5 });
});

test('records without a key go round the partitions', async () => {
  const { log, write } = withShop();
  const io = fakeIo();
  Object.assign(io, { stdin: Readable.from([lines.join('\n')]) });
  expect(await write(io, 'lines')).toBe(0);
  expect((await readTopic(log, 'lines', json('line'))).map(({ length }) => length)).toEqual([3, 2]);
});

test('a wrong line ends it, with its number and path; those before it are written', async () => {
  const { log, write } = withShop();
  const io = fakeIo();
  io.file('orders.jsonl', [lines[0], '', '{"shop":"b","amount":"two"}', lines[1]].join('\n'));
  expect(await write(io, 'orders', '--input', 'orders.jsonl')).toBe(1);
  expect(io.stderr.text).toMatch(/DECODE_FAILED.*line 3: .* at amount.*Written before it: 1 record\./s);
  expect((await readTopic(log, 'orders', Order)).flat()).toEqual([orders[0]]);
});

test.each([
  [['nowhere'], /no built-in job has topic "nowhere".*--job/s],
  [['orders', '--job', 'sample'], /sample has no topic "orders"/],
  [['orders', '--input', 'missing.jsonl'], /there is no file .*missing.jsonl/],
])('refuses %j', async (argv, message) => {
  const io = fakeIo();
  expect(await withShop().write(io, ...argv)).toBe(2);
  expect(io.stderr.text).toMatch(message);
});
