/** A restore on a real broker is killed between any two of its changes: the job refuses until it is restored, or reset. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { kafka, leveldb, run } from '../../../src/index.ts';
import { writeTopic } from '../../support/write-topic.ts';
import { cli, CliProcess, until } from '../support/cli-process.ts';
import { fresh, openLog } from '../support/kafka-case.ts';
import { describeOnKafka } from '../support/on-kafka.ts';
import type { RestoreOptions } from '../support/restore-child.ts';
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

/** Lets a restore go on to one of its changes, and kills it there: what it was going to do. */
async function killRestore(options: RestoreOptions): Promise<string> {
  const command = fileURLToPath(new URL('../support/restore-child.ts', import.meta.url));
  const args = ['--import', 'tsx', command, JSON.stringify(options)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const gone = once(child, 'exit');
  const said = once(child.stdout.setEncoding('utf8'), 'data') as Promise<[string]>;
  const first = await Promise.race([said, gone.then(() => undefined)]);
  if (first === undefined) throw new Error('the restore ended before it could be killed');
  child.kill('SIGKILL');
  await gone;
  return first[0].trim();
}

describeOnKafka('a restore that is interrupted', {}, (cluster) => {
  test('leaves a job that does not start until it is restored again, or reset', async () => {
    const brokers = cluster().bootstrap;
    const on = ['--kafka', brokers];
    const log = await openLog(brokers);
    const name = fresh('torn');
    const topology = savepointJob(name, partitions, 0);
    const { events } = topicsOf(name);
    const mark = `${name}-restoring`;
    const folder = settings();
    const job = moduleOf(folder, name, partitions, 0);
    const [first, second] = [eventsOf(0, 2_000), eventsOf(2_000, 4_000)];
    const end = closing(second.at(-1)!.time + 60_000);
    await log.topics.create([{ name: events.name, partitions }]);
    await writeTopic(log, events, first, ({ time }) => time);
    const before = await run(topology, { log: kafka({ brokers }), state: leveldb(join(folder, 'state')), partitions });
    await until(async () => (await outputs(log, name)).length >= first.length);
    await before.drain();
    const from = join(folder, 'savepoint');
    expect(await cli(folder, 'savepoint', job, from, ...on)).toMatchObject({ code: 0, err: '' });
    const rest = without(batch([...first, ...second, ...end]), await outputs(log, name));
    await writeTopic(log, events, [...second, ...end], ({ time }) => time);

    // It stops before a change: before the first, which makes the mark, all is as it was.
    const killed: string[] = [];
    for (let stopBefore = 1; killed.at(-1) !== `deleteTopics ${mark}`; stopBefore++) {
      killed.push(await killRestore({ job: name, partitions, brokers, from, stopBefore }));
      expect(killed).not.toContain('restored');
      const refused = await cli(settings(), job, ...on);
      expect(refused.code).not.toBe(0);
      expect(refused.err).toMatch(/STATE_MISMATCH.*being restored.*with --force.*run-topology reset/s);
    }
    const shape = killed.map((line) => line.replace(/ .*-(changelog|repartition).*/, ' internal'));
    expect(shape).toEqual([
      'deleteGroup',
      'deleteTopics internal',
      'create internal',
      ...shape.slice(3, -1).map(() => 'commit'),
      `deleteTopics ${mark}`,
    ]);
    expect(shape.length).toBeGreaterThan(5);

    const again = ['restore', job, '--from', from, ...on];
    expect((await cli(folder, ...again)).err).toMatch(/SAVEPOINT_INVALID.*was interrupted.*--force/s);
    expect((await cli(folder, 'savepoint', job, join(folder, 'none'), ...on)).err).toMatch(
      /STATE_MISMATCH.*being restored/s,
    );
    const done = await cli(folder, ...again, '--force');
    expect(done.code, done.err).toBe(0);
    await newOutputs(log, name);
    const restored = new CliProcess(settings(), job, ...on);
    expect(await running([restored], settled(log, name, rest.length))).toEqual(rest);
    expect(await restored.drain()).toBe(0);

    await killRestore({ job: name, partitions, brokers, from, stopBefore: 4 });
    const marked = `topic  ${mark}, the mark of a restore that was interrupted`;
    const dry = await cli(folder, 'reset', job, ...on, '--dry-run');
    expect(dry.out.trim().split('\n').at(-1)).toBe(`would delete  ${marked}`);
    const reset = await cli(folder, 'reset', job, ...on);
    expect(reset.code, reset.err).toBe(0);
    expect(reset.out.trim().split('\n').at(-1)).toBe(`deleted  ${marked}`);
    await newOutputs(log, name);
    const anew = new CliProcess(settings(), job, ...on);
    const all = batch([...first, ...second, ...end]);
    expect(await running([anew], settled(log, name, all.length))).toEqual(all);
    expect(await anew.drain()).toBe(0);
  });
});
