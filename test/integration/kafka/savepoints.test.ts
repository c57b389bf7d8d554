/** Savepoints of a job on a real broker: taken after kill -9, restored on the same topics, with other partitions, elsewhere. */
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ByteWriter } from '../../../src/core/byte-writer.ts';
import type { Log, Transactor } from '../../../src/core/log.ts';
import { keyText, partitionOf } from '../../../src/core/partitioner.ts';
import { RowBatch } from '../../../src/core/row-batch.ts';
import { StreamError } from '../../../src/core/stream-error.ts';
import { delay, systemClock } from '../../../src/core/clock.ts';
import { embedded, kafka, leveldb, restore, run, type LogFactory } from '../../../src/index.ts';
import type { SavepointManifest } from '../../../src/state/savepoint-format.ts';
import { writeTopic } from '../../support/write-topic.ts';
import { cli, CliProcess, freshFolder, until } from '../support/cli-process.ts';
import { fresh, openLog } from '../support/kafka-case.ts';
import { describeOnKafka } from '../support/on-kafka.ts';
import { readSettled } from '../support/read-settled.ts';
import { endOf, groupOf, moduleOf, savepointJob, topicsOf, type Event } from '../support/savepoint-job.ts';

const partitions = 3;
const base = Math.floor(Date.now() / 10_000) * 10_000;

/** Times ascend, so that they do in each partition, too. */
function eventsOf(from: number, to: number): readonly Event[] {
  return Array.from({ length: to - from }, (_, i) => ({
    key: `k${String((from + i) % 97)}`,
    time: base + (from + i) * 10,
  }));
}

/** One per partition, so late that all windows before it close. */
function closing(time: number): readonly Event[] {
  const found = new Map<number, Event>();
  for (let i = 0; found.size < partitions; i++) {
    const key = `k${String(1_000 + i)}`;
    found.set(partitionOf(keyText(key), partitions), { key, time });
  }
  return [...found.values()];
}

/** What a batch computation makes of the events. */
function batch(events: readonly Event[]): readonly string[] {
  const perKey = new Map<string, number>();
  const perWindow = new Map<string, number>();
  const last = Math.max(...events.map(({ time }) => time));
  const counts = events.map((event) => {
    const count = (perKey.get(event.key) ?? 0) + 1;
    perKey.set(event.key, count);
    const end = endOf(event.time);
    if (end <= last) {
      const window = `window ${String(groupOf(event.key))} ${String(end)}`;
      perWindow.set(window, (perWindow.get(window) ?? 0) + 1);
    }
    return `count ${event.key} ${String(event.time)} ${String(count)}`;
  });
  return [...counts, ...[...perWindow].map(([window, count]) => `${window} ${String(count)}`)].sort();
}

async function outputs(log: Log, name: string): Promise<readonly string[]> {
  const { counts, windows } = topicsOf(name);
  const made = await log.topics.describe([counts.name, windows.name]);
  if (made.includes(undefined)) return [];
  const counted = (await readSettled(log, counts.name, counts.codec)).flat();
  const closed = (await readSettled(log, windows.name, windows.codec)).flat();
  return [
    ...counted.map(({ key, time, count }) => `count ${key} ${String(time)} ${String(count)}`),
    ...closed.map(({ group, end, count }) => `window ${String(group)} ${String(end)} ${String(count)}`),
  ].sort();
}

/** Waits until there are as many outputs as expected, and a little longer: there must not come more. */
async function settled(log: Log, name: string, count: number): Promise<readonly string[]> {
  await until(async () => (await outputs(log, name)).length >= count);
  await delay(systemClock, 2_000);
  return await outputs(log, name);
}

/** Like `work`, but a process that ends meanwhile is a failure. */
async function running<T>(processes: readonly CliProcess[], work: Promise<T>): Promise<T> {
  const ends = processes.map(async (process) => {
    const code = await process.exit;
    throw new Error(`a worker ended with ${String(code)}: ${process.err}`);
  });
  return await Promise.race([work, ...ends]);
}

async function newOutputs(log: Log, name: string): Promise<void> {
  const { counts, windows } = topicsOf(name);
  const names = [counts.name, windows.name];
  await log.cluster!.deleteTopics(names);
  await until(async () => (await log.topics.describe(names)).every((topic) => topic === undefined));
}

/** A log on which something happens before the n-th commit of a transactor: 1 the mark, 2 the rows, 3 the cuts. */
function beforeCommit(n: number, what: () => Promise<void>, factory: LogFactory): LogFactory {
  return {
    kind: factory.kind,
    async open(context) {
      const open = await factory.open(context);
      const { log } = open;
      const transactor = async (id: string, transactionMs: number): Promise<Transactor> => {
        const real = await log.transactor(id, transactionMs);
        let commits = 0;
        return {
          id,
          append: (batches) => real.append(batches),
          commit: async (commit) => {
            if (++commits === n) await what();
            await real.commit(commit);
          },
          abort: () => real.abort(),
          committed: (group, places) => real.committed(group, places),
          close: () => real.close(),
        };
      };
      const { kind, storesRows, shared, topics, cluster } = log;
      const hooked: Log = {
        kind,
        storesRows,
        shared,
        topics,
        cluster,
        reader: () => log.reader(),
        join: (spec) => log.join(spec),
        transactor,
        close: () => log.close(),
      };
      return { ...open, log: hooked };
    },
  };
}

function without(all: readonly string[], some: readonly string[]): readonly string[] {
  const seen = new Set(some);
  return all.filter((line) => !seen.has(line));
}

describeOnKafka('savepoints', {}, (cluster) => {
  function settings(): string {
    const folder = freshFolder();
    writeFileSync(
      join(folder, 'millrace.yaml'),
      'kafka:\n  session:\n    timeout: 10s\n  transaction:\n    timeout: 20s\n',
    );
    return folder;
  }

  test('a job goes back to a savepoint that was taken after kill -9', async () => {
    const on = ['--kafka', cluster().bootstrap];
    const log = await openLog(cluster().bootstrap);
    const name = fresh('saved');
    const { events } = topicsOf(name);
    const [a, b, c] = [settings(), settings(), settings()];
    const job = moduleOf(a, name, 3);
    await log.topics.create([{ name: events.name, partitions }]);
    const [first, second] = [eventsOf(0, 20_000), eventsOf(20_000, 40_000)];
    const end = closing(second.at(-1)!.time + 60_000);
    await writeTopic(log, events, first, ({ time }) => time);

    // So slow that they are far from the end when they are killed.
    const slow = moduleOf(a, name, 3, 400);
    const workers = [new CliProcess(a, slow, ...on), new CliProcess(b, slow, ...on)];
    const target = join(a, 'savepoint');
    await running(
      workers,
      until(async () => (await outputs(log, name)).length > 2_000),
    );
    await Promise.all(workers.map((worker) => worker.kill()));
    await until(async () => (await cli(a, 'savepoint', job, target, ...on)).code === 0);
    const before = await outputs(log, name);
    expect(before.length).toBeLessThan(batch(first).length);
    const manifest = JSON.parse(await readFile(join(target, 'manifest.json'), 'utf8')) as SavepointManifest;
    expect(manifest.records.length).toBeGreaterThan(0);
    expect((await cli(a, 'savepoint', job, target, ...on)).err).toMatch(/SAVEPOINT_INVALID.*not empty/s);

    await writeTopic(log, events, [...second, ...end], ({ time }) => time);
    const all = batch([...first, ...second, ...end]);
    const onward = new CliProcess(a, job, ...on);
    expect(await running([onward], settled(log, name, all.length))).toEqual(all);
    const early = await cli(b, 'savepoint', job, join(b, 'early'), ...on);
    expect(early.err).toMatch(/FENCED.*has members.*Stop all workers of the job first/s);
    expect((await cli(b, 'restore', job, '--from', target, ...on)).err).toMatch(/FENCED.*has members/s);
    expect(await onward.drain()).toBe(0);

    expect((await cli(b, 'restore', job, '--from', target, ...on)).err).toMatch(/SAVEPOINT_INVALID.*--force/s);
    const other = await cli(b, 'restore', moduleOf(b, fresh('other'), 3), '--from', target, ...on);
    expect(other.err).toMatch(/SAVEPOINT_INVALID.*is a savepoint of/s);
    const rest = without(all, before);

    const back = await cli(b, 'restore', job, '--from', target, '--force', ...on);
    expect(back).toMatchObject({ code: 0, err: '' });
    await newOutputs(log, name);
    // One machine has state of before the restore, the other has none.
    const again = [new CliProcess(a, job, ...on), new CliProcess(c, job, ...on)];
    expect(await running(again, settled(log, name, rest.length))).toEqual(rest);
    for (const worker of again) expect(await worker.drain()).toBe(0);

    const wider = moduleOf(c, name, 5);
    expect(await cli(c, 'restore', wider, '--from', target, '--force', ...on)).toMatchObject({ code: 0, err: '' });
    await newOutputs(log, name);
    const moved = new CliProcess(c, wider, ...on);
    expect(await running([moved], settled(log, name, rest.length))).toEqual(rest);
    expect(await moved.drain()).toBe(0);
  });

  test('a job moves from the log in a folder to a cluster', async () => {
    const log = await openLog(cluster().bootstrap);
    const name = fresh('moved');
    const topology = savepointJob(name, 2);
    const { events } = topicsOf(name);
    const folder = freshFolder();
    const [first, second] = [eventsOf(0, 3_000), eventsOf(3_000, 6_000)];
    const end = closing(second.at(-1)!.time + 60_000);
    const local = await run(topology, { log: embedded(join(folder, 'data')), partitions });
    await local.log.topics.create([{ name: events.name, partitions }]);
    await writeTopic(local.log, events, first, ({ time }) => time);
    await until(() => local.status.recordsIn >= first.length);
    const from = join(folder, 'savepoint');
    await local.savepoint(from);
    const before = await outputs(local.log, name);
    await local.close();

    const on = { log: kafka({ brokers: cluster().bootstrap }), from };
    await log.topics.create([{ name: events.name, partitions }]);
    await expect(restore(topology, on)).rejects.toThrow(/SAVEPOINT_INVALID.*another topic.*copiedTopics/s);
    await expect(restore(topology, { ...on, copiedTopics: true })).rejects.toThrow(/SAVEPOINT_INVALID.*ends at 0/s);
    for (const part of [first, second, end]) await writeTopic(log, events, part, ({ time }) => time);
    const options = { log: on.log, state: leveldb(join(folder, 'state')), partitions };
    const fail = () => Promise.reject(new StreamError('LOG_UNAVAILABLE', 'the broker is gone'));
    const broken = { ...on, log: beforeCommit(3, fail, on.log), copiedTopics: true };
    await expect(restore(topology, broken)).rejects.toThrow(/the broker is gone/);
    await expect((await run(topology, options)).finished).rejects.toThrow(/STATE_MISMATCH/);
    // A job that was started and has ended leaves positions of the stage without state.
    const stray = async (): Promise<void> => {
      const offsets = [{ topic: events.name, partition: 0, offset: 7 }];
      const member = { group: name, generation: -1, memberId: '' };
      const transactor = await log.transactor('stray', 10_000);
      await transactor.commit({ outputs: [], offsets, member, rows: new RowBatch(new ByteWriter(16)) });
      await transactor.close();
    };
    const disturbed = { ...on, log: beforeCommit(2, stray, on.log), copiedTopics: true, force: true };
    await expect(restore(topology, disturbed)).rejects.toThrow(/FENCED.*was started while/s);
    await restore(topology, { ...on, copiedTopics: true, force: true });
    const job = await run(topology, options);
    const rest = without(batch([...first, ...second, ...end]), before);
    expect(await settled(log, name, rest.length)).toEqual(rest);
    await expect(job.savepoint(join(folder, 'next'))).rejects.toThrow(/UNSUPPORTED.*run-topology savepoint/s);
    await job.close();
  });
});
