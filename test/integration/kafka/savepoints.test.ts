/** Savepoints of a job on a real broker: taken after kill -9, restored on the same topics, with other partitions, elsewhere. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ByteWriter } from '../../../src/core/byte-writer.ts';
import { RowBatch } from '../../../src/core/row-batch.ts';
import { StreamError } from '../../../src/core/stream-error.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { embedded, kafka, leveldb, restore, run, type LogFactory } from '../../../src/index.ts';
import type { SavepointManifest } from '../../../src/state/savepoint-format.ts';
import { writeTopic } from '../../support/write-topic.ts';
import { cli, cliAtLast, CliProcess, freshFolder, until } from '../support/cli-process.ts';
import { hookedLog } from '../support/hooked-log.ts';
import { fresh, openLog } from '../support/kafka-case.ts';
import { describeOnKafka } from '../support/on-kafka.ts';
import { moduleOf, savepointJob, topicsOf } from '../support/savepoint-job.ts';
import {
  batch,
  closing,
  eventsOf,
  newOutputs,
  outputs,
  partitions,
  running,
  settings,
  settled,
  without,
} from '../support/savepoint-outputs.ts';

/** A log on which something happens before the n-th commit of a restore: 1 its positions, 2 the rows, 3 the cuts. */
function beforeCommit(n: number, what: () => Promise<void>, factory: LogFactory): LogFactory {
  let commits = 0;
  return hookedLog(factory, async (change) => {
    if (change === 'commit' && ++commits === n) await what();
  });
}

describeOnKafka('savepoints', {}, (cluster) => {
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
    await cliAtLast(a, 'savepoint', job, target, ...on);
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
    expect(back.code, back.err).toBe(0);
    await newOutputs(log, name);
    // One machine has state of before the restore, the other has none.
    const again = [new CliProcess(a, job, ...on), new CliProcess(c, job, ...on)];
    expect(await running(again, settled(log, name, rest.length))).toEqual(rest);
    for (const worker of again) expect(await worker.drain()).toBe(0);

    const wider = moduleOf(c, name, 5);
    const wide = await cli(c, 'restore', wider, '--from', target, '--force', ...on);
    expect(wide.code, wide.err).toBe(0);
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
    await expect(run(topology, options)).rejects.toThrow(/STATE_MISMATCH.*being restored/);
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

  test('a job moves from a cluster to the log in a folder', async () => {
    // Inputs that a plain producer wrote: no ends of transactions between their records.
    const plain = await openLog(cluster().bootstrap, { guarantee: 'at-least-once' });
    const on = ['--kafka', cluster().bootstrap];
    const name = fresh('home');
    const { events } = topicsOf(name);
    const folder = settings();
    const [first, second] = [eventsOf(0, 20_000), eventsOf(20_000, 23_000)];
    const end = closing(second.at(-1)!.time + 60_000);
    await plain.topics.create([{ name: events.name, partitions }]);
    await writeTopic(plain, events, first, ({ time }) => time);
    const slow = new CliProcess(folder, moduleOf(folder, name, partitions, 400), ...on);
    await running(
      [slow],
      until(async () => (await outputs(plain, name)).length > 500),
    );
    await slow.kill();
    const from = join(folder, 'savepoint');
    const job = moduleOf(folder, name, partitions);
    await cliAtLast(folder, 'savepoint', job, from, ...on);
    const manifest = JSON.parse(await readFile(join(from, 'manifest.json'), 'utf8')) as SavepointManifest;
    expect(manifest.records.length).toBeGreaterThan(0);
    const before = await outputs(plain, name);
    expect(before.length).toBeLessThan(first.length);

    const topology = savepointJob(name, partitions, 0);
    const log = embedded(join(folder, 'data'));
    const data = await log.open({ clock: systemClock, job: name });
    await data.log.topics.create([{ name: events.name, partitions }]);
    for (const part of [first, second, end]) await writeTopic(data.log, events, part, ({ time }) => time);
    await data.close();
    await expect(restore(topology, { log, from })).rejects.toThrow(/SAVEPOINT_INVALID.*another topic.*copiedTopics/s);
    const copied = { log, from, copiedTopics: true };
    await restore(topology, copied);
    const here = await run(topology, { log, partitions });
    const rest = without(batch([...first, ...second, ...end]), before);
    expect(await settled(here.log, name, rest.length)).toEqual(rest);
    await here.close();
  });
});
