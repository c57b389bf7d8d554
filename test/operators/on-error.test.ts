/** What a policy other than `fail` is asked about: everything that goes wrong in an invocation, whenever it is noticed. */
import { afterEach, expect, test } from 'vitest';
import {
  defineTopology,
  json,
  leveldb,
  listState,
  mapState,
  monotonousTimestamps,
  run,
  string,
  topic,
  valueState,
} from '../../src/index.ts';
import type { LogFactory, ValueState } from '../../src/index.ts';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { redrive } from '../../src/job/redrive.ts';
import { deadLetterCodec } from '../../src/runtime/dead-letters.ts';
import { MemoryStore } from '../../src/state/memory/memory-store.ts';
import { TopologyDriver } from '../../src/testing/topology-driver.ts';
import { asThen } from '../support/as-then.ts';
import { readTopic } from '../support/read-topic.ts';
import { writeTopic } from '../support/write-topic.ts';

interface Item {
  readonly key: string;
  readonly n: number;
}

const item = json<Item>('item');
const items = topic('items', item, { key: ({ key }) => key });
const results = topic('results', item);
type Policy = 'fail' | 'skip' | 'deadLetter' | { readonly retry: number; readonly then: 'deadLetter' };

let drivers: TopologyDriver[] = [];

afterEach(async () => {
  for (const driver of drivers) await driver.close();
  drivers = [];
});

async function open(...[topology, options]: Parameters<typeof TopologyDriver.open>): Promise<TopologyDriver> {
  const driver = await TopologyDriver.open(topology, options);
  drivers.push(driver);
  return driver;
}

const decoded = (raw: string): Item => JSON.parse(Buffer.from(raw, 'base64').toString()) as Item;
const huge = 'x'.repeat(1024 * 1024);

/** Keeps what cannot be kept when `n` says so. */
const hoarding = (onError: Policy) =>
  defineTopology({
    name: 'hoarding',
    build(t) {
      t.source('items', items)
        .keyBy(({ key }) => key)
        .process('hoard', {
          output: item,
          onError,
          state: {
            last: valueState(json<unknown>()),
            all: listState(json<unknown>()),
            by: mapState(string, json<unknown>()),
          },
          onElement({ key, n }, ctx) {
            ctx.state.all.add(n);
            if (n === 1) ctx.state.last.set({ n: 1n });
            if (n === 2) ctx.state.all.add(huge);
            if (n === 3) ctx.state.by.set('huge', huge);
            ctx.emit({ key, n: ctx.state.all.size });
          },
        })
        .sinkTo('results', results);
    },
  });

const poisoned = [0, 1, 2, 3, 4].map((n) => ({ key: 'a', n }));

test.each<Policy>(['skip', 'deadLetter', { retry: 2, then: 'deadLetter' }])(
  'state that cannot be written meets onError %j in the invocation that wrote it',
  async (policy) => {
    const driver = await open(hoarding(policy));
    await driver.input<Item>('items').sendAll(poisoned);
    expect(driver.output<Item>('results').values()).toEqual([
      { key: 'a', n: 1 },
      { key: 'a', n: 2 },
    ]);
    const letters = driver.deadLetters().map(({ operator, key, code, path, offset, raw }) => {
      return { operator, key, code, path, offset, n: decoded(raw).n };
    });
    if (policy === 'skip') expect(letters).toEqual([]);
    else {
      const place = { operator: 'hoard', key: 'a' };
      expect(letters).toEqual([
        { ...place, code: 'ENCODE_FAILED', path: 'last', offset: 1, n: 1 },
        { ...place, code: 'RECORD_TOO_LARGE', path: 'all', offset: 2, n: 2 },
        { ...place, code: 'RECORD_TOO_LARGE', path: 'by', offset: 3, n: 3 },
      ]);
    }
  },
);

test('with policy fail the job ends, naming operator, key and state', async () => {
  const driver = await open(hoarding('fail'));
  await expect(driver.input<Item>('items').sendAll(poisoned)).rejects.toThrow(
    /ENCODE_FAILED in hoarding \/ hoard.*key "a".*at last/,
  );
});

test('broadcast state that cannot be written is taken back', async () => {
  const rules = topic('rules', json<number>('rule'), { compacted: true, key: () => 'rule' });
  const topology = defineTopology({
    name: 'ruled',
    build(t) {
      const stream = t.source('rules', rules).broadcast({ last: mapState(string, json<unknown>()) });
      t.source('items', items)
        .connect(stream)
        .process('apply', {
          output: item,
          onError: 'deadLetter',
          onElement(value, ctx) {
            ctx.emit({ ...value, n: (ctx.broadcast.last.get('rule') as number | undefined) ?? -1 });
          },
          onBroadcast(rule, ctx) {
            ctx.broadcast.last.set('rule', rule === 13 ? 13n : rule);
          },
        })
        .sinkTo('results', results);
    },
  });
  const driver = await open(topology);
  await driver.input<number>('rules').sendAll([12, 13]);
  await driver.input<Item>('items').send({ key: 'a', n: 0 });
  expect(driver.output<Item>('results').values()).toEqual([{ key: 'a', n: 12 }]);
  expect(driver.deadLetters()).toMatchObject([{ operator: 'apply', code: 'ENCODE_FAILED', input: 1 }]);
});

test('what the in-flight log cannot hold meets the policy of asyncMap', async () => {
  const wide = json<{ readonly n: unknown }>('wide');
  const topology = defineTopology({
    name: 'calling',
    build(t) {
      t.source('items', items)
        .map(({ n }) => ({ n: n === 1 ? 1n : n === 2 ? huge : n }), { id: 'widen', codec: wide })
        .asyncMap('call', async ({ n }) => ({ key: 'a', n: Number(n) }), { output: item, onError: 'deadLetter' })
        .sinkTo('results', results);
    },
  });
  const driver = await open(topology);
  await driver.input<Item>('items').sendAll(poisoned);
  expect(
    driver
      .output<Item>('results')
      .values()
      .map(({ n }) => n),
  ).toEqual([0, 3, 4]);
  expect(driver.deadLetters().map(({ code, raw }) => [code, raw])).toEqual([
    ['ENCODE_FAILED', ''],
    ['RECORD_TOO_LARGE', ''],
  ]);
});

test('an output that cannot be written becomes a dead letter of its sink, without bytes', async () => {
  const topology = defineTopology({
    name: 'sinking',
    build(t) {
      t.source('items', items)
        .map(({ key, n }) => ({ key, n: (n === 1 ? 1n : n) as number }), { id: 'widen', codec: item })
        .sinkTo('results', results, { onError: 'deadLetter' });
    },
  });
  const driver = await open(topology);
  await driver.input<Item>('items').sendAll(poisoned.slice(0, 3));
  expect(
    driver
      .output<Item>('results')
      .values()
      .map(({ n }) => n),
  ).toEqual([0, 2]);
  expect(driver.deadLetters()).toMatchObject([{ operator: 'results', code: 'ENCODE_FAILED', offset: 1, raw: '' }]);
});

let broken = true;

/** Emits how many items a key has had when the first of them is ten old. */
const ringing = (onError: Policy, domain: 'event' | 'processing') =>
  defineTopology({
    name: 'ringing',
    build(t) {
      t.source('items', items, { watermarks: monotonousTimestamps(({ n }) => n) })
        .keyBy(({ key }) => key)
        .process('ring', {
          output: item,
          onError,
          state: { count: valueState(json<number>()) },
          onElement({ n }, ctx) {
            ctx.state.count.set((ctx.state.count.get() ?? 0) + 1);
            if (domain === 'event') ctx.timers.registerEventTime(n + 10);
            else ctx.timers.registerProcessingTime(ctx.processingTime + 10);
          },
          onTimer(_time, ctx) {
            const count = ctx.state.count.get()!;
            ctx.state.count.set(count + 100);
            ctx.emit({ key: ctx.key, n: count });
            if (broken && ctx.key === 'bad') throw new Error('no bell');
          },
        })
        .sinkTo('results', results);
    },
  });

const ringers = ['bad', 'good'].map((key) => ({ key, n: 5 }));

test.each(['event', 'processing'] as const)(
  'a timer (%s) that throws becomes a dead letter with key and time; the next ones fire',
  async (domain) => {
    broken = true;
    const driver = await open(ringing({ retry: 2, then: 'deadLetter' }, domain), { start: 1_000 });
    await driver.input<Item>('items').sendAll(ringers);
    await driver.clock.advance(10);
    await driver.input<Item>('items').send({ key: 'later', n: 20 });
    expect(driver.output<Item>('results').take()).toEqual([{ key: 'good', n: 1 }]);
    const time = domain === 'event' ? 15 : 1_010;
    expect(driver.deadLetters()).toMatchObject([
      {
        operator: 'ring',
        key: 'bad',
        timer: { domain, time },
        source: '',
        offset: -1,
        input: -1,
        raw: '',
        reason: 'no bell',
      },
    ]);
    const { count } = await driver.state<{ count: ValueState<number> }>('ring', 'bad');
    expect(count.get()).toBe(1); // what the timer changed was taken back
  },
);

test('a timer that throws under skip is dropped', async () => {
  broken = true;
  const driver = await open(ringing('skip', 'processing'));
  await driver.input<Item>('items').sendAll(ringers);
  await driver.clock.advance(10);
  expect(driver.output<Item>('results').take()).toEqual([{ key: 'good', n: 1 }]);
  expect(driver.deadLetters()).toEqual([]);
});

test('the dead letter of a timer is sent back to its function, once', async () => {
  const store = new MemoryStore();
  const log = new MemoryLog({ store });
  await log.topics.create([{ name: 'items', partitions: 2 }]);
  await writeTopic(log, items, ringers);
  const runOnce = async (): Promise<readonly number[]> => {
    const factory: LogFactory = { kind: 'memory', open: async () => ({ log, store, close: () => Promise.resolve() }) };
    const job = await run(ringing('deadLetter', 'event'), { log: factory, state: leveldb(), bounded: true });
    await job.finished;
    const values = (await readTopic(log, 'results', item)).flat();
    return values.filter(({ key }) => key === 'bad').map(({ n }) => n);
  };
  broken = true;
  expect(await runOnce()).toEqual([]);
  broken = false;
  await redrive(log, asThen((await readTopic(log, 'ringing-dlq', deadLetterCodec)).flat()));
  expect(await runOnce()).toEqual([1]);
  expect(await runOnce()).toEqual([1]);
});

test('a dead letter that cannot be read any more stays one when it is sent back', async () => {
  const store = new MemoryStore();
  const log = new MemoryLog({ store });
  await log.topics.create([{ name: 'items', partitions: 1 }]);
  await writeTopic(log, items, poisoned);
  const runOnce = async (): Promise<readonly string[]> => {
    const factory: LogFactory = { kind: 'memory', open: async () => ({ log, store, close: () => Promise.resolve() }) };
    const job = await run(hoarding('deadLetter'), { log: factory, state: leveldb(), bounded: true });
    await job.finished;
    return (await readTopic(log, 'hoarding-dlq', deadLetterCodec)).flat().map(({ code }) => code);
  };
  expect(await runOnce()).toHaveLength(3);
  const [letter] = (await readTopic(log, 'hoarding-dlq', deadLetterCodec)).flat();
  await redrive(log, asThen([{ ...letter!, raw: '' }]));
  expect((await runOnce()).slice(3)).toEqual(['DECODE_FAILED']);
});
