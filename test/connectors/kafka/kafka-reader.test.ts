import { afterEach, describe, expect, test } from 'vitest';
import { KafkaLog } from '../../../src/connectors/kafka/kafka-log.ts';
import { fetchApi } from '../../../src/connectors/kafka/protocol/fetch.ts';
import type { KafkaOptions } from '../../../src/connectors/kafka/kafka-options.ts';
import type { FetchedPartition, FetchRequest } from '../../../src/core/log.ts';
import { StreamError } from '../../../src/core/stream-error.ts';
import { ManualClock } from '../../../src/testing/manual-clock.ts';
import { commitOf, sealed, valuesOf } from '../../../src/testing/suites/log-suite-kit.ts';
import { BusyClock } from './fake-broker/busy-clock.ts';
import { FakeCluster } from './fake-broker/fake-cluster.ts';
import { fakeKafkaLog } from './fake-broker/fake-log.ts';

const topic = 'numbers';
const open: KafkaLog[] = [];

afterEach(async () => {
  for (const log of open.splice(0)) await log.close();
});

class ReaderCase {
  readonly clock: ManualClock;
  readonly cluster: FakeCluster;
  readonly log: KafkaLog;

  constructor(
    nodes: readonly number[] = [1],
    options: Partial<KafkaOptions> = {},
    clock: ManualClock = new BusyClock(),
  ) {
    this.clock = clock;
    this.cluster = new FakeCluster(clock, nodes);
    this.cluster.topics.create(topic, 4);
    this.log = fakeKafkaLog(this.cluster, clock, options);
    open.push(this.log);
  }

  async write(partition: number, ...values: string[]): Promise<void> {
    const transactor = await this.settle(this.log.transactor('writer', 60_000));
    await this.settle(transactor.commit(commitOf([sealed(partition, values)])));
    for (let turn = 0; turn < 20; turn++) await this.clock.yield();
  }

  request(offsets: Readonly<Record<number, number>>, more: Partial<FetchRequest> = {}): FetchRequest {
    const partitions = Object.entries(offsets).map(([partition, offset]) => ({ topic, partition: +partition, offset }));
    return { partitions, partitionBytes: 1 << 20, maxWaitMs: 500, isolation: 'committed', ...more };
  }

  get fetches(): number {
    return this.cluster.asked.filter((apiKey) => apiKey === fetchApi.apiKey).length;
  }

  /** Lets time pass until the promise is settled. */
  async settle<T>(work: Promise<T>): Promise<T> {
    const state = { done: false };
    const settled = (): void => void (state.done = true);
    work.then(settled, settled);
    for (let turn = 0; !state.done && turn < 100_000; turn++) await this.clock.yield();
    return work;
  }

  async passing(ms: number): Promise<void> {
    for (const until = this.clock.monotonic() + ms; this.clock.monotonic() < until;) await this.clock.yield();
  }
}

function byPartition(fetched: readonly FetchedPartition[]): Record<number, string[]> {
  return Object.fromEntries(fetched.map((part) => [part.partition, valuesOf(part)]));
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work;
  } catch (error) {
    return StreamError.is(error) ? error.code : error;
  }
}

test('asks all nodes at once and answers when one of them has something', async () => {
  const one = new ReaderCase([1, 2]);
  await one.write(0, 'a', 'b');
  const before = one.clock.monotonic();
  const fetched = await one.log.reader().fetch(one.request({ 0: 0, 1: 0 }));
  expect(byPartition(fetched)).toMatchObject({ 0: ['a', 'b'] });
  expect(one.clock.monotonic() - before).toBeLessThan(50);
});

test('keeps what a call that was given up had asked for', async () => {
  const one = new ReaderCase();
  const reader = one.log.reader();
  await one.settle(reader.fetch(one.request({ 0: 0, 1: 0 }, { maxWaitMs: 10 })));
  const abort = new AbortController();
  const given = codeOf(reader.fetch(one.request({ 0: 0, 1: 0 }, { signal: abort.signal })));
  await one.passing(30);
  abort.abort(new RangeError('enough'));
  expect(await given).toBeInstanceOf(RangeError);
  await one.write(0, 'a'); // the long poll is answered, nobody waits for it
  const fetches = one.fetches;
  expect(byPartition(await reader.fetch(one.request({ 1: 0 }, { maxWaitMs: 0 })))).toEqual({ 1: [] });
  expect(byPartition(await reader.fetch(one.request({ 0: 0 })))).toEqual({ 0: ['a'] });
  expect(one.fetches).toBe(fetches + 1);
});

test('does not hand out what was asked for another offset', async () => {
  const one = new ReaderCase();
  await one.write(0, 'a', 'b', 'c');
  const reader = one.log.reader();
  const abort = new AbortController();
  const given = codeOf(reader.fetch(one.request({ 0: 0 }, { signal: abort.signal })));
  abort.abort(new RangeError('enough'));
  await given;
  await one.passing(20);
  expect(byPartition(await reader.fetch(one.request({ 0: 2 })))).toEqual({ 0: ['c'] });
});

test('asks for a partition that comes back while a long poll without it is parked', async () => {
  const one = new ReaderCase();
  const reader = one.log.reader();
  await one.write(1, 'x');
  await one.settle(reader.fetch(one.request({ 0: 0, 1: 2 }, { maxWaitMs: 10 })));
  const abort = new AbortController();
  const parked = codeOf(reader.fetch(one.request({ 0: 0 }, { signal: abort.signal })));
  await one.passing(20);
  abort.abort();
  await parked;
  await one.write(1, 'y');
  const before = one.clock.monotonic();
  expect(byPartition(await one.settle(reader.fetch(one.request({ 0: 0, 1: 2 }))))).toMatchObject({ 1: ['y'] });
  expect(one.clock.monotonic() - before).toBeLessThan(100);
});

test('follows a leader that moves', async () => {
  const one = new ReaderCase([1, 2]);
  const reader = one.log.reader();
  await one.write(0, 'a');
  expect(byPartition(await reader.fetch(one.request({ 0: 0 })))).toEqual({ 0: ['a'] });
  one.cluster.moveLeader(topic, 0, 2);
  await one.write(0, 'b');
  expect(byPartition(await one.settle(reader.fetch(one.request({ 0: 2 }))))).toEqual({ 0: ['b'] });
});

test('goes on with the other nodes while one is down, and with it when it is back', async () => {
  const one = new ReaderCase([1, 2]);
  const reader = one.log.reader();
  await one.write(1, 'b');
  one.cluster.down.add(2);
  await one.write(0, 'a');
  const from = { 0: 0, 1: 0 };
  expect(byPartition(await one.settle(reader.fetch(one.request(from))))).toEqual({ 0: ['a'] });
  expect(byPartition(await one.settle(reader.fetch(one.request({ 0: 2, 1: 0 }))))).toEqual({ 0: [] });
  one.cluster.down.delete(2);
  expect(byPartition(await one.settle(reader.fetch(one.request({ 0: 2, 1: 0 }))))).toMatchObject({ 1: ['b'] });
});

test('says so when a partition has had no leader for too long', async () => {
  const one = new ReaderCase([1], { retryTimeout: '3s' });
  one.cluster.down.add(1);
  const reader = one.log.reader();
  const before = one.clock.monotonic();
  const failure = await one.settle(codeOf(reader.fetch(one.request({ 0: 0 }, { maxWaitMs: 60_000 }))));
  expect(failure).toBe('LOG_UNAVAILABLE');
  const took = one.clock.monotonic() - before;
  expect([took >= 3_000, took < 6_000]).toEqual([true, true]);
});

test('tells what is wrong with a partition, and reads the others afterwards', async () => {
  const one = new ReaderCase();
  await one.write(0, 'a');
  await one.write(1, 'b');
  const reader = one.log.reader();
  const error: unknown = await reader.fetch(one.request({ 0: 9, 1: 0 })).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'OFFSET_OUT_OF_RANGE', place: { topic, partition: 0, offset: 9 } });
  expect(byPartition(await one.settle(reader.fetch(one.request({ 1: 0 }))))).toEqual({ 1: ['b'] });
  expect(byPartition(await one.settle(reader.fetch(one.request({ 0: 0 }))))).toEqual({ 0: ['a'] });
});

test('moves its position over markers and aborted records', async () => {
  const one = new ReaderCase();
  const transactor = await one.log.transactor('t', 60_000);
  await transactor.append([sealed(0, ['gone', 'too'])]);
  await transactor.abort();
  await one.passing(10);
  const reader = one.log.reader();
  expect(await reader.fetch(one.request({ 0: 0 }))).toMatchObject([{ batch: undefined, nextOffset: 3, stable: 3 }]);
  const all = await reader.fetch(one.request({ 0: 0 }, { isolation: 'uncommitted' }));
  expect(byPartition(all)).toEqual({ 0: ['gone', 'too'] });
});

test('says since when nothing has come', async () => {
  const one = new ReaderCase();
  const reader = one.log.reader();
  const asked = one.clock.now();
  const [empty] = await one.settle(reader.fetch(one.request({ 0: 0 }, { maxWaitMs: 100 })));
  expect(empty!.askedAt! - asked).toBeGreaterThanOrEqual(0);
  expect(empty!.askedAt! - asked).toBeLessThan(50);
});

test('asks for idle partitions twice a second, all of a broker at once', async () => {
  const one = new ReaderCase();
  const reader = one.log.reader();
  const wait = (maxWaitMs: number): Promise<unknown> =>
    one.settle(reader.fetch(one.request({ 0: 0, 1: 0, 2: 0 }, { maxWaitMs })));
  await wait(1_000);
  const before = one.fetches;
  await wait(10_000);
  expect(one.fetches - before).toBeGreaterThan(15);
  expect(one.fetches - before).toBeLessThan(25);
});

test('fails when it is closed, and leaves no timer', async () => {
  const one = new ReaderCase([1], {}, new ManualClock());
  const reader = one.log.reader();
  const waiting = codeOf(reader.fetch(one.request({ 0: 0 })));
  for (let turn = 0; turn < 20; turn++) await one.clock.yield();
  await reader.close();
  expect(await waiting).toBe('LOG_CLOSED');
  expect(await codeOf(reader.fetch(one.request({ 0: 0 })))).toBe('LOG_CLOSED');
  await one.clock.advance(500); // the broker's own wait
  expect(one.clock.pending).toBe(0);
});

describe('memory of batches', () => {
  // So many that their columns are worth keeping too.
  const texts = (letter: string): string[] => Array.from({ length: 600 }, (_, i) => `${letter}${i}`.padEnd(100, '.'));
  const memoryOf = ({ batch }: FetchedPartition): readonly ArrayBufferLike[] => [
    batch!.slab.buffer,
    batch!.offsets.buffer,
  ];

  test('is used again once they are given back', async () => {
    const one = new ReaderCase();
    for (const letter of ['a', 'b', 'c']) await one.write(0, ...texts(letter));
    const reader = one.log.reader();
    const seen: (readonly ArrayBufferLike[])[] = [];
    for (const [i, letter] of ['a', 'b', 'c'].entries()) {
      const [fetched] = await one.settle(reader.fetch(one.request({ 0: i * 601 }, { partitionBytes: 1 })));
      expect(valuesOf(fetched!)).toEqual(texts(letter));
      seen.push(memoryOf(fetched!));
      reader.recycle(fetched!.batch!);
      reader.recycle(fetched!.batch!); // means nothing
    }
    for (const memory of seen) for (const [i, each] of memory.entries()) expect(each).toBe(seen[0]![i]);
  });

  test('is theirs for as long as they are not given back', async () => {
    const one = new ReaderCase();
    for (const letter of ['a', 'b', 'c']) await one.write(0, ...texts(letter));
    const reader = one.log.reader();
    const fetched: FetchedPartition[] = [];
    for (const offset of [0, 601, 1202]) {
      fetched.push(...(await one.settle(reader.fetch(one.request({ 0: offset }, { partitionBytes: 1 })))));
    }
    expect(fetched.map(valuesOf)).toEqual(['a', 'b', 'c'].map(texts));
    expect(new Set(fetched.flatMap(memoryOf)).size).toBe(6);
  });

  test('of one answer is used again when all of its batches were given back', async () => {
    const one = new ReaderCase();
    for (const [partition, letter] of ['a', 'b', 'c'].entries()) await one.write(partition, ...texts(letter));
    const reader = one.log.reader();
    await one.settle(reader.fetch(one.request({ 0: 601, 1: 601 }, { maxWaitMs: 0 }))); // who leads them
    const both = await one.settle(reader.fetch(one.request({ 0: 0, 1: 0 })));
    expect(byPartition(both)).toEqual({ 0: texts('a'), 1: texts('b') });
    const [first, second] = both;
    expect(memoryOf(first!)[0]).toBe(memoryOf(second!)[0]);
    const other = async (): Promise<FetchedPartition> => {
      const [fetched] = await one.settle(reader.fetch(one.request({ 2: 0 })));
      expect(valuesOf(fetched!)).toEqual(texts('c'));
      return fetched!;
    };
    reader.recycle(first!.batch!);
    expect(memoryOf(await other())[0]).not.toBe(memoryOf(second!)[0]);
    expect(valuesOf(second!)).toEqual(texts('b'));
    reader.recycle(second!.batch!);
    expect(memoryOf(await other())[0]).toBe(memoryOf(second!)[0]);
  });
});
