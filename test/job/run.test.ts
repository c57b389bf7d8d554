import { afterEach, describe, expect, test } from 'vitest';
import { defineTopology, json, leveldb, memory, number, run, StreamError, topic, valueState } from '../../src/index.ts';
import type { LogFactory, RunOptions, Topology } from '../../src/index.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { Transactor } from '../../src/core/log.ts';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { MemoryStore } from '../../src/state/memory/memory-store.ts';
import { redrive } from '../../src/job/redrive.ts';
import { deadLetterCodec } from '../../src/runtime/dead-letters.ts';
import { asThen } from '../support/as-then.ts';
import { readTopic } from '../support/read-topic.ts';
import { writeTopic } from '../support/write-topic.ts';

interface Item {
  readonly key: string;
  readonly n: number;
}

const items = topic('items', json<Item>('item'), { key: (item) => item.key });
const sums = topic('sums', json<Item>('item'), { key: (item) => item.key });

const summing = defineTopology({
  name: 'summing',
  build(t) {
    t.source('items', items)
      .keyBy((item) => item.key)
      .process('sum', {
        output: json<Item>('item'),
        state: { sum: valueState(number) },
        onElement(item, ctx) {
          if (item.n < 0) throw new RangeError(`${String(item.n)} is negative`);
          const sum = (ctx.state.sum.get() ?? 0) + item.n;
          ctx.state.sum.set(sum);
          ctx.emit({ key: item.key, n: sum });
        },
      })
      .sinkTo('sums', sums);
  },
});

/** A log that outlives the runs on it, like a folder or a cluster would. */
class Bench {
  readonly store = new MemoryStore();
  readonly log = new MemoryLog({ store: this.store });

  readonly factory: LogFactory = {
    kind: 'memory',
    open: () => Promise.resolve({ log: this.log, store: this.store, close: () => Promise.resolve() }),
  };

  async write(values: readonly Item[]): Promise<void> {
    await this.log.topics.create([{ name: 'items', partitions: 2 }]);
    await writeTopic(this.log, items, values);
  }

  async run<C>(topology: Topology<C>, options: RunOptions<C> = {}): Promise<void> {
    const job = await run(topology, { log: this.factory, state: leveldb(), bounded: true, partitions: 2, ...options });
    await job.finished;
  }

  async results(): Promise<Item[]> {
    return (await readTopic(this.log, 'sums', sums.codec)).flat();
  }
}

const benches: Bench[] = [];
function bench(): Bench {
  const made = new Bench();
  benches.push(made);
  return made;
}

afterEach(async () => {
  for (const { log } of benches.splice(0)) await log.close();
});

const item = (key: string, n: number): Item => ({ key, n });

describe('run', () => {
  for (const exchange of ['direct', 'log'] as const) {
    test(`goes on where the last run stopped, with ${exchange} exchange`, async () => {
      const b = bench();
      await b.write([item('a', 1), item('b', 10), item('a', 2)]);
      await b.run(summing, { exchange });
      await b.write([item('a', 3), item('b', 20)]);
      await b.run(summing, { exchange });
      const results = await b.results();
      expect(results.filter(({ key }) => key === 'a').map(({ n }) => n)).toEqual([1, 3, 6]);
      expect(results.filter(({ key }) => key === 'b').map(({ n }) => n)).toEqual([10, 30]);
    });
  }

  test('fails the job with place and value when a user function throws, and commits nothing of it', async () => {
    const b = bench();
    await b.write([item('a', 1), item('a', -5)]);
    const failure = await b.run(summing).catch((error: unknown) => error);
    expect(StreamError.is(failure) && failure.code).toBe('USER_FUNCTION_FAILED');
    expect(String(failure)).toMatch(/summing \/ sum.*items-\d @ 1.*-5 is negative.*onError policy/s);
    expect(await b.results()).toEqual([]);
  });

  test('says that state is lost instead of starting with none', async () => {
    const b = bench();
    await b.write([item('a', 1)]);
    await b.run(summing, { state: memory() });
    await expect(b.run(summing, { state: memory() })).rejects.toThrow(/STATE_MISMATCH.*there is no state/);
  });

  test('reports its phases and counters, and completes the status when it ends', async () => {
    const b = bench();
    await b.write([item('a', 1), item('b', 2)]);
    const job = await run(summing, { log: b.factory, state: leveldb(), bounded: true, partitions: 2 });
    const phases: string[] = [];
    let completed = false;
    job.status$.subscribe({
      next: ({ phase }) => phases.push(phase),
      complete: () => {
        completed = true;
      },
    });
    await job.finished;
    expect(phases.at(0)).toBe('starting');
    expect(phases).toContain('running');
    expect(phases.at(-1)).toBe('stopped');
    expect(completed).toBe(true);
    expect(job.status).toMatchObject({ recordsIn: 2, recordsOut: 2, deadLetters: 0, error: undefined });
  });

  test('close commits what is complete and can be repeated', async () => {
    const b = bench();
    await b.write([item('a', 1)]);
    const job = await run(summing, { log: b.factory, state: leveldb(), partitions: 2 });
    while (job.status.recordsIn === 0) await systemClock.yield();
    await job.close();
    await job.close();
    expect(job.status.phase).toBe('stopped');
    expect(await b.results()).toEqual([item('a', 1)]);
  });

  test('an abort ends the job with ABORTED', async () => {
    const b = bench();
    await b.write([item('a', 1)]);
    const abort = new AbortController();
    const job = await run(summing, { log: b.factory, state: leveldb(), partitions: 2, signal: abort.signal });
    abort.abort();
    await expect(job.finished).rejects.toThrow(/ABORTED/);
  });

  test('refuses state of a graph with other stateful operators', async () => {
    const b = bench();
    await b.write([item('a', 1)]);
    await b.run(summing);
    const renamed = defineTopology({
      name: 'summing',
      build(t) {
        t.source('items', items)
          .keyBy((value) => value.key)
          .reduce('total', (a, c) => ({ key: a.key, n: a.n + c.n }))
          .sinkTo('sums', sums);
      },
    });
    await expect(b.run(renamed)).rejects.toThrow(/GRAPH_CHANGED/);
  });
});

describe('dead letters', () => {
  test('hold the operator, its input and the reason, and return to that operator', async () => {
    let broken = true;
    const parking = defineTopology({
      name: 'parking',
      build(t) {
        t.source('items', items)
          .map(
            (value) => {
              if (broken && value.n === 13) throw new Error('unlucky');
              return value;
            },
            { id: 'check', codec: items.codec, onError: 'deadLetter' },
          )
          .sinkTo('sums', sums);
      },
    });
    const b = bench();
    await b.write([item('a', 12), item('a', 13), item('a', 14)]);
    await b.run(parking);
    expect((await b.results()).map(({ n }) => n)).toEqual([12, 14]);
    const letters = (await readTopic(b.log, 'parking-dlq', deadLetterCodec)).flat();
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatchObject({
      operator: 'check',
      source: 'items',
      code: 'USER_FUNCTION_FAILED',
      reason: 'unlucky',
    });
    expect(JSON.parse(Buffer.from(letters[0]!.raw, 'base64').toString())).toEqual(item('a', 13));

    broken = false;
    await redrive(b.log, asThen(letters));
    await b.run(parking);
    expect((await b.results()).map(({ n }) => n)).toEqual([12, 14, 13]);
    await b.run(parking);
    expect(await b.results()).toHaveLength(3);
  });
});

describe('abort before the work has begun', () => {
  test('of a job that is not started yet', async () => {
    const b = bench();
    await b.write([item('a', 1)]);
    const options = { log: b.factory, state: leveldb(), signal: AbortSignal.abort(new RangeError('enough')) };
    const job = await run(summing, options);
    await expect(job.finished).rejects.toMatchObject({ code: 'ABORTED', cause: { message: 'enough' } });
    expect(await b.results()).toEqual([]);
  });

  test('of one that still waits for its log, which closes what comes late', async () => {
    const b = bench();
    await b.write([item('a', 1)]);
    const abort = new AbortController();
    let answer!: (transactor: Transactor) => void;
    const asked = new Promise<void>((resolve) => {
      b.log.transactor = () => {
        resolve();
        return new Promise((later) => (answer = later));
      };
    });
    const job = await run(summing, { log: b.factory, state: leveldb(), signal: abort.signal });
    await asked;
    abort.abort();
    await expect(job.finished).rejects.toMatchObject({ code: 'ABORTED' });
    await new Promise<void>((closed) => {
      answer({ close: async () => closed() } as Transactor);
    });
  });
});

test('a dead letter from in front of an exchange has no key, also when the record before it got one', async () => {
  const b = bench();
  const checking = defineTopology({
    name: 'checking',
    build(t) {
      t.source('items', items)
        .map(
          (value) => {
            if (value.n === 13) throw new Error('unlucky');
            return value;
          },
          { id: 'check', codec: items.codec, onError: 'deadLetter' },
        )
        .keyBy((value) => value.key)
        .process('last', {
          output: items.codec,
          state: { last: valueState(number) },
          onElement(value, ctx) {
            ctx.state.last.set(value.n);
            ctx.emit(value);
          },
        })
        .sinkTo('sums', sums);
    },
  });
  await b.write([item('a', 12), item('a', 13)]);
  await b.run(checking);
  const [letter] = (await readTopic(b.log, 'checking-dlq', deadLetterCodec)).flat();
  expect(letter).toMatchObject({ operator: 'check', taskPartition: letter!.partition, tasks: 2 });
  expect(letter).not.toHaveProperty('key');
});

test.each([{ warmUps: { most: 0 } }, { warmUps: { acceptableLag: -1 } }, { standbys: 0.5 }])(
  'numbers of copies that cannot be are refused: %j',
  async (options) => {
    const b = bench();
    await b.write([item('a', 1)]);
    await expect(b.run(summing, options)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  },
);
