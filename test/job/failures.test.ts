/** Bad input and bad surroundings, end to end: each has a code, names the place, says what to do, and loses nothing. */
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import {
  bytes,
  contract,
  defineTopology,
  embedded,
  json,
  leveldb,
  number,
  run,
  topic,
  valueState,
} from '../../src/index.ts';
import type { JobHandle } from '../../src/index.ts';
import { deadLetterCodec } from '../../src/runtime/dead-letters.ts';
import { readTopic } from '../support/read-topic.ts';
import { writeTopic } from '../support/write-topic.ts';

interface Order {
  readonly id: string;
  readonly amount: number;
}

const Order = contract<Order>({
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'amount', type: 'int' },
  ],
});
const orders = topic('orders', Order, { partitions: 1 });
const totals = topic('totals', json<Order>('total'), { partitions: 1 });

const totalling = defineTopology({
  name: 'totalling',
  build(t) {
    t.source('orders', orders)
      .keyBy((order) => (order.id === 'none' ? (undefined as unknown as string) : order.id))
      .process('total', {
        output: json<Order>('total'),
        state: { total: valueState(number) },
        onElement(order, ctx) {
          const total = (ctx.state.total.get() ?? 0) + order.amount;
          ctx.state.total.set(total);
          ctx.emit({ id: order.id, amount: total });
        },
      })
      .sinkTo('totals', totals);
  },
});

let folder: string;
const jobs: JobHandle[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-failures-'));
});

afterEach(async () => {
  for (const job of jobs.splice(0)) await job.close();
  await rm(folder, { recursive: true, force: true });
});

async function write(lines: readonly string[]): Promise<void> {
  const { log, close } = await embedded(folder).open({ clock: systemClock, job: 'test' });
  await log.topics.create([{ name: 'orders', partitions: 1 }]);
  await writeTopic(
    log,
    topic('orders', bytes),
    lines.map((line) => Buffer.from(line)),
  );
  await close();
}

async function runToEnd(): Promise<void> {
  const job = await run(totalling, { log: embedded(folder), state: leveldb(), bounded: true });
  await job.finished;
}

async function committed() {
  const { log, close } = await embedded(folder).open({ clock: systemClock, job: 'test' });
  const results = (await readTopic(log, 'totals', totals.codec)).flat();
  const letters = (await readTopic(log, 'totalling-dlq', deadLetterCodec)).flat();
  await close();
  return { results, letters };
}

test('records that are no JSON or break the contract become dead letters with path and bytes; the rest goes on', async () => {
  await write(['{"id":"a","amount":1}', '{"id":"a","amount":', '{"id":"a","amount":"two"}', '{"id":"a","amount":3}']);
  await runToEnd();
  const { results, letters } = await committed();
  expect(results.map(({ amount }) => amount)).toEqual([1, 4]);
  expect(letters.map(({ code, operator, offset, path }) => ({ code, operator, offset, path }))).toEqual([
    { code: 'DECODE_FAILED', operator: 'orders', offset: 1, path: undefined },
    { code: 'DECODE_FAILED', operator: 'orders', offset: 2, path: 'amount' },
  ]);
  expect(Buffer.from(letters[1]!.raw, 'base64').toString()).toBe('{"id":"a","amount":"two"}');
});

test('a missing key fails the job, naming operator, record and remedy, and nothing after the last commit is lost', async () => {
  await write(['{"id":"a","amount":1}', '{"id":"none","amount":1}']);
  await expect(runToEnd()).rejects.toThrow(
    /KEY_INVALID in totalling \/ total-repartition.*orders-0 @ 1.*key function/s,
  );
  expect((await committed()).results).toEqual([]);
});

test('a second job on the same folder is refused while the first one runs', async () => {
  await write(['{"id":"a","amount":1}']);
  jobs.push(await run(totalling, { log: embedded(folder), state: leveldb() }));
  await expect(runToEnd()).rejects.toThrow(/(STATE|LOG)_LOCKED/);
});

test('a damaged store is reported, not repaired in silence', async () => {
  await write(['{"id":"a","amount":1}']);
  await runToEnd();
  const store = join(folder, 'store');
  for (const file of await readdir(store)) {
    if (/^MANIFEST/.test(file)) await writeFile(join(store, file), 'this is no manifest');
  }
  await expect(runToEnd()).rejects.toThrow(/STATE_CORRUPT.*savepoint/s);
});

test('a segment that lost committed records is reported', async () => {
  await write(['{"id":"a","amount":1}', '{"id":"a","amount":2}']);
  const partition = join(folder, 'log', 'orders-0');
  const [segment] = (await readdir(partition)).filter((file) => file.endsWith('.segment'));
  await truncate(join(partition, segment!), 20);
  await expect(runToEnd()).rejects.toThrow(/LOG_CORRUPT/);
});

test('a data folder that cannot be made is reported with what to do', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  const blocked = run(totalling, { log: embedded(join(file, 'data')), state: leveldb() });
  await expect(blocked).rejects.toThrow(/(STATE_FULL|IO_FAILED).*file/s);
});
