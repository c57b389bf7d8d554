import { firstValueFrom, of } from 'rxjs';
import { expect, test } from 'vitest';
import { lateOrders, orders, scoredOrders, scoring, type Order, type ScoreOf } from '../../examples/orders.ts';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { fromObservable, memoryLog, run, toObservable } from '../../src/index.ts';
import { MemoryStore } from '../../src/state/memory/memory-store.ts';
import { readTopic } from '../support/read-topic.ts';
import { writeTopic } from '../support/write-topic.ts';

const order = (id: string, at: number): Order => ({ id, customer: 'c', cents: 100, currency: 'EUR', at });
const minute = 60_000;

async function results(input: readonly Order[], scoreOf: ScoreOf) {
  const store = new MemoryStore();
  const log = new MemoryLog({ store });
  await log.topics.create([{ name: orders.name, partitions: 1 }]);
  await writeTopic(log, orders, input);
  const open = () => Promise.resolve({ log, store, close: () => Promise.resolve() });
  const job = await run(scoring(scoreOf), { log: { kind: 'memory', open }, bounded: true, partitions: 1 });
  await job.finished;
  const { deadLetters } = job.status;
  const [scored, late] = [
    (await readTopic(log, scoredOrders.name, scoredOrders.codec)).flat(),
    (await readTopic(log, lateOrders.name, lateOrders.codec)).flat(),
  ];
  await log.close();
  return { scored: scored.map(({ id, score }) => [id, score]), late: late.map(({ id }) => id), deadLetters };
}

test('orders are scored in order, each once', async () => {
  const found = await results([order('1', 0), order('2', 1), order('1', 0)], ({ id }) => Promise.resolve(Number(id)));
  expect(found).toEqual({ scored: [['1', 1], ['2', 2]], late: [], deadLetters: 0 }); // prettier-ignore
});

test('a repeated call has the same id and the next number; what fails three times is a dead letter', async () => {
  const calls: [string, number][] = [];
  const found = await results([order('1', 0), order('2', 1)], ({ id }, call) => {
    if (id === '1') calls.push([call.id, call.attempt]);
    return id === '1' ? Promise.reject(new RangeError('no score')) : Promise.resolve(2);
  });
  expect(found).toEqual({ scored: [['2', 2]], late: [], deadLetters: 1 });
  expect(calls.map(([, attempt]) => attempt)).toEqual([1, 2, 3]);
  expect(new Set(calls.map(([id]) => id)).size).toBe(1);
});

test('orders of version 1 are read as euros', () => {
  const bytes = Buffer.from('{"id":"1","customer":"c","cents":5,"at":0}');
  expect(orders.codec.decode(bytes, 0, bytes.length, 1)).toEqual({ ...order('1', 0), cents: 5 });
});

test('what is older than the watermark is set aside', async () => {
  await using job = await run(
    scoring(() => Promise.resolve(0)),
    { log: memoryLog(), partitions: 1 },
  );
  const scored = firstValueFrom(toObservable(job, scoredOrders, { start: 'earliest' }));
  const late = firstValueFrom(toObservable(job, lateOrders, { start: 'earliest' }));
  await fromObservable(job, orders, of(order('1', 10 * minute)));
  expect((await scored).id).toBe('1');
  await fromObservable(job, orders, of(order('2', 1)));
  expect((await late).id).toBe('2');
});
