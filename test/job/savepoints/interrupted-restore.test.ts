/** A restore on a cluster dies before each of its requests: what is left is the job as it was, restored, or refusing. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { KafkaContext } from '../../../src/connectors/kafka/kafka-context.ts';
import { KafkaLog } from '../../../src/connectors/kafka/kafka-log.ts';
import { kafkaSettings } from '../../../src/connectors/kafka/kafka-options.ts';
import { createTopicsApi } from '../../../src/connectors/kafka/protocol/create-topics.ts';
import { systemClock } from '../../../src/core/clock.ts';
import type { GroupMember, GroupSpec } from '../../../src/core/log.ts';
import { StreamError } from '../../../src/core/stream-error.ts';
import { defineTopology, json, memory, number, restore, run, topic, valueState } from '../../../src/index.ts';
import type { JobHandle, LogFactory } from '../../../src/index.ts';
import { saveStopped } from '../../../src/job/savepoints/save-stopped.ts';
import { FakeCluster } from '../../connectors/kafka/fake-broker/fake-cluster.ts';
import { FakeTransport } from '../../connectors/kafka/fake-broker/fake-transport.ts';
import { readTopic } from '../../support/read-topic.ts';
import { writeTopic } from '../../support/write-topic.ts';

interface Item {
  readonly key: string;
  readonly n: number;
}

const items = topic('items', json<Item>('item'), { key: (item) => item.key });
const sums = topic('sums', json<Item>('item'), { key: (item) => item.key });
const mark = 'summing-restoring';

const summing = defineTopology({
  name: 'summing',
  build(t) {
    t.source('items', items)
      .keyBy((item) => item.key, { partitions: 2 })
      .process('sum', {
        output: json<Item>('item'),
        state: { sum: valueState(number) },
        onElement(item, ctx) {
          const sum = (ctx.state.sum.get() ?? 0) + item.n;
          ctx.state.sum.set(sum);
          ctx.emit({ key: item.key, n: sum });
        },
      })
      .sinkTo('sums', sums);
  },
});

/** Sends as many requests, and no more. */
class DyingTransport extends FakeTransport {
  #left: number;

  constructor(cluster: FakeCluster, left: number) {
    super(cluster);
    this.#left = left;
  }

  override async send(...request: Parameters<FakeTransport['send']>): Promise<Buffer> {
    if (--this.#left < 0) throw new StreamError('ABORTED', 'the process died');
    return await super.send(...request);
  }
}

/** Does something before it sends the first request of a kind. */
class EarlyTransport extends FakeTransport {
  readonly #apiKey: number;
  #what: (() => Promise<void>) | undefined;

  constructor(cluster: FakeCluster, apiKey: number, what: () => Promise<void>) {
    super(cluster);
    this.#apiKey = apiKey;
    this.#what = what;
  }

  override async send(...request: Parameters<FakeTransport['send']>): Promise<Buffer> {
    if (request[2] === this.#apiKey) {
      const what = this.#what;
      this.#what = undefined;
      await what?.();
    }
    return await super.send(...request);
  }
}

/** Joins a group when it is told to. */
class LateLog extends KafkaLog {
  readonly #until: Promise<void>;

  constructor(base: Omit<KafkaContext, 'compression'>, until: Promise<void>) {
    super(base);
    this.#until = until;
  }

  override async join(spec: GroupSpec): Promise<GroupMember> {
    await this.#until;
    return await super.join(spec);
  }
}

let folder: string;
let cluster: FakeCluster;
let log: KafkaLog;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-interrupted-'));
  cluster = new FakeCluster(systemClock, [1, 2]);
  log = logOf(new FakeTransport(cluster));
  await log.topics.create([{ name: 'items', partitions: 2 }]);
});

afterEach(async () => {
  await log.close();
  cluster.close();
  await rm(folder, { recursive: true, force: true });
});

const contextOf = (transport: FakeTransport) => ({
  transport,
  settings: kafkaSettings({ brokers: 'fake:9000' }),
  clock: systemClock,
  random: () => 0.5,
});
const logOf = (transport: FakeTransport): KafkaLog => new KafkaLog(contextOf(transport));

function on(open: () => KafkaLog): LogFactory {
  return {
    kind: 'kafka',
    open: () => {
      const opened = open();
      return Promise.resolve({ log: opened, store: undefined, close: () => opened.close() });
    },
  };
}

const kafka = on(() => logOf(new FakeTransport(cluster)));
/** Dies before its next request after so many. */
const dying = (left: number): LogFactory => on(() => logOf(new DyingTransport(cluster, left)));
const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const write = (n: number): Promise<void> =>
  writeTopic(
    log,
    items,
    keys.map((key) => ({ key, n })),
  );

/** A machine without state of its own: all there is comes from the cluster. */
const start = (): Promise<JobHandle> => run(summing, { log: kafka, state: memory(), bounded: true, partitions: 2 });

/** Sums, by partition. */
async function outputs(): Promise<readonly (readonly number[])[]> {
  const made = await log.topics.describe(['sums']);
  if (made.includes(undefined)) return [];
  return (await readTopic(log, 'sums', sums.codec)).map((part) => part.map(({ n }) => n));
}

/** What a run to the end of the input adds to the outputs. */
async function runs(): Promise<readonly number[]> {
  const before = await outputs();
  await (
    await start()
  ).finished;
  return (await outputs()).flatMap((part, i) => part.slice(before[i]?.length ?? 0));
}

const each = (n: number): readonly number[] => keys.map(() => n);

async function savedAfterOne(): Promise<string> {
  await write(1);
  expect(await runs()).toEqual(each(1));
  const to = join(folder, 'savepoint');
  await saveStopped(summing, { log: kafka, to, partitions: 2 });
  await write(10);
  return to;
}

const idOf = (name = ''): string | undefined => cluster.topics.byName.get(name)?.id;
const changelog = (): string | undefined =>
  [...cluster.topics.byName.keys()].find((name) => name.endsWith('-changelog'));

test('at every request of a restore its process can die: the job goes on as it was, or refuses until it is restored', async () => {
  const from = await savedAfterOne();
  const again = (left = Infinity) => restore(summing, { log: dying(left), from, force: true, partitions: 2 });
  await again();
  expect(await runs()).toHaveLength(keys.length);
  let [untouched, refused, restored] = [0, 0, 0];
  for (let left = 0; ; left++) {
    const before = idOf(changelog());
    const died = await again(left).then(
      () => false,
      () => true,
    );
    if (idOf(mark) !== undefined) {
      refused++;
      const refusal = await start().then(
        () => 'started',
        (error: unknown) => (StreamError.is(error) ? error.code : 'failed'),
      );
      expect([left, refusal]).toEqual([left, 'STATE_MISMATCH']);
      await expect(restore(summing, { log: kafka, from, partitions: 2 })).rejects.toThrow(
        /SAVEPOINT_INVALID.*interrupted/,
      );
      await expect(saveStopped(summing, { log: kafka, to: join(folder, 'none') })).rejects.toThrow(/STATE_MISMATCH/);
      await again();
    }
    const intact = idOf(changelog()) === before;
    if (intact) untouched++;
    else restored++;
    expect([left, await runs()]).toEqual([left, intact ? [] : each(11)]);
    if (!died) break;
  }
  expect(untouched).toBeGreaterThan(3);
  expect(refused).toBeGreaterThan(20);
  expect(restored).toBeGreaterThan(refused);
  expect(idOf(mark)).toBeUndefined();
});

test('a job that was on its way into the group before the restore began does not begin anew', async () => {
  const from = await savedAfterOne();
  let join!: () => void;
  const until = new Promise<void>((resolve) => (join = resolve));
  const late = on(() => new LateLog(contextOf(new FakeTransport(cluster)), until));
  const job = await run(summing, { log: late, state: memory(), partitions: 2 });
  const before = idOf(changelog());
  for (let left = 1; idOf(changelog()) === undefined || idOf(changelog()) === before; left++) {
    await restore(summing, { log: dying(left), from, force: true, partitions: 2 }).catch(() => undefined);
  }
  expect(idOf(mark)).toBeDefined();
  join();
  await expect(job.finished).rejects.toMatchObject({ code: 'STATE_MISMATCH' });
  expect((await outputs()).flat()).toEqual(each(1));
});

test('a job that was started just before the mark runs on without it', async () => {
  const from = await savedAfterOne();
  await log.cluster.deleteGroup('summing');
  await log.cluster.deleteTopics([...cluster.topics.byName.keys()].filter((name) => name.startsWith('summing-')));
  let job: JobHandle | undefined;
  const startFirst = async (): Promise<void> => {
    job = await run(summing, { log: kafka, state: memory(), partitions: 2 });
    while ((await outputs()).flat().length < 3 * keys.length) await systemClock.yield();
  };
  const meanwhile = on(() => logOf(new EarlyTransport(cluster, createTopicsApi.apiKey, startFirst)));
  await expect(restore(summing, { log: meanwhile, from, partitions: 2 })).rejects.toThrow(/FENCED.*has members/);
  expect(idOf(mark)).toBeUndefined();
  await job!.close();
  await write(100);
  expect(await runs()).toEqual(each(111));
});
