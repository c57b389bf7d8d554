/** The jobs of this repository on a real broker, run by the command line as users do. */
import { expect, test } from 'vitest';
import type { Topic } from '../../../src/index.ts';
import type { Log } from '../../../src/core/log.ts';
import type { MergedRecord } from '../../../topologies/contracts.ts';
import { assessmentTasks } from '../../../topologies/support/assessment-tasks.ts';
import { assessByRule } from '../../../topologies/support/rule-assessor.ts';
import * as topics from '../../../topologies/support/topics.ts';
import { writeTopic } from '../../support/write-topic.ts';
import { frameOf } from '../../topologies/support/frames.ts';
import { cli, CliProcess, freshFolder, until } from '../support/cli-process.ts';
import { readCommitted } from '../support/console-consumer.ts';
import { openLog } from '../support/kafka-case.ts';
import { describeOnKafka } from '../support/on-kafka.ts';
import { readSettled } from '../support/read-settled.ts';

/** Frames of now: retention goes by their time. */
function framesOfNow(count: number, from = 0) {
  const timestamp = new Date().toISOString();
  return Array.from({ length: count }, (_, i) =>
    frameOf(`frame-${String(from + i)}`, [2, 3], { cameraId: (from + i) % 40, timestamp }),
  );
}

async function put<T>(log: Log, to: Topic<T>, values: readonly T[]): Promise<void> {
  await log.topics.create([{ name: to.name, partitions: 16 }]);
  await writeTopic(log, to, values, () => Date.now());
}

async function countOf<T>(log: Log, { name, codec }: Topic<T>): Promise<number> {
  const [description] = await log.topics.describe([name]);
  return description === undefined ? 0 : (await readSettled(log, name, codec)).flat().length;
}

describeOnKafka('jobs on a broker', {}, (cluster) => {
  test('task-generation: a task per group, with its topic as the product wants it', async () => {
    const log = await openLog(cluster().bootstrap);
    const folder = freshFolder();
    const frames = framesOfNow(500);
    await put(log, topics.detectionResults, frames);
    const job = new CliProcess(folder, 'task-generation', '--kafka', cluster().bootstrap);
    const expected = frames.flatMap((frame) => assessmentTasks(frame, 2));
    const read = async () => (await readSettled(log, topics.assessmentTasks.name, topics.assessmentTasks.codec)).flat();
    await job.says(/progress|running/);
    await until(async () => (await log.topics.describe([topics.assessmentTasks.name]))[0] !== undefined);
    await until(async () => (await read()).length >= expected.length);
    expect(await job.drain()).toBe(0);
    const ids = (await read()).map(({ taskId }) => taskId).sort();
    expect(ids).toEqual(expected.map(({ taskId }) => taskId).sort());
    const [description] = await log.topics.describe([topics.assessmentTasks.name]);
    expect(description).toMatchObject({ partitions: 16, retentionMs: 3_600_000 });
    const seen = await readCommitted(cluster().bootstrap, topics.assessmentTasks.name, {
      maxRecords: expected.length,
    });
    expect(seen.find(({ key }) => key === '7')?.value).toContain('"cameraId":7');

    const lag = await cli(folder, 'lag', 'task-generation', '--kafka', cluster().bootstrap);
    expect(lag.out).toContain('task-generation is not behind');
  });

  test('aggregation goes on after kill -9, in two processes: every frame once', async () => {
    const log = await openLog(cluster().bootstrap);
    const folders: Readonly<Record<string, string>> = { a: freshFolder(), b: freshFolder() };
    const start = (name: string) => {
      return new CliProcess(folders[name]!, 'aggregation', '--kafka', cluster().bootstrap, '--instance', name);
    };
    const frames = framesOfNow(2_000, 10_000);
    const results = frames.flatMap((frame) => assessmentTasks(frame, 2)).map(assessByRule);
    await put(log, topics.detectionResults, frames.slice(0, 1_000));
    await put(log, topics.riskAssessmentResults, results.slice(0, 1_500));
    const first = start('a');
    const second = start('b');
    const read = async (): Promise<MergedRecord[]> => {
      const [description] = await log.topics.describe([topics.mergedDetections.name]);
      if (description === undefined) return [];
      return (await readSettled(log, topics.mergedDetections.name, topics.mergedDetections.codec)).flat();
    };
    await until(async () => (await read()).length > 100);
    await first.kill();
    await put(log, topics.detectionResults, frames.slice(1_000));
    await put(log, topics.riskAssessmentResults, results.slice(1_500));
    const again = start('a');
    const ours = async () => (await read()).filter(({ messageId }) => Number(messageId.slice(6)) >= 10_000);
    await until(async () => (await ours()).length >= frames.length);
    expect(await again.drain()).toBe(0);
    expect(await second.drain()).toBe(0);
    const ids = (await ours()).map(({ messageId }) => messageId);
    expect(ids.sort()).toEqual(frames.map(({ messageId }) => messageId).sort());
    const complete = (await ours()).filter((record) => record.complete).length;
    expect(complete).toBeGreaterThan(0);
  });

  test('processes with one name: each ends when the next one comes, and every task is there once', async () => {
    const log = await openLog(cluster().bootstrap);
    const start = () =>
      new CliProcess(freshFolder(), 'task-generation', '--kafka', cluster().bootstrap, '--instance', 'one-name');
    const frames = framesOfNow(6_000, 20_000);
    let fed = 0;
    const feed = async (until: number): Promise<void> => {
      for (; fed < until; fed += 100) await put(log, topics.detectionResults, frames.slice(fed, fed + 100));
    };
    const ours = async (): Promise<string[]> => {
      const { name, codec } = topics.assessmentTasks;
      const read = (await readSettled(log, name, codec)).flat();
      return read.filter(({ requestId }) => Number(requestId.slice(6)) >= 20_000).map(({ taskId }) => taskId);
    };
    let last = start();
    for (let times = 1; times <= 3; times++) {
      const before = (await ours()).length;
      await feed(times * 1_500);
      await until(async () => (await ours()).length > before);
      const next = start();
      const feeding = feed(times * 1_500 + 500); // so that it commits while the other one starts
      expect(await last.exit).toBe(3);
      expect(last.err).toContain('Another process has this instance name');
      await feeding;
      last = next;
    }
    await feed(frames.length);
    const expected = frames.flatMap((frame) => assessmentTasks(frame, 2)).map(({ taskId }) => taskId);
    await until(async () => (await ours()).length >= expected.length);
    expect(await last.drain()).toBe(0);
    expect((await ours()).sort()).toEqual(expected.sort());
  });

  test('pipeline: cameras that are arithmetic, everything else on the broker', async () => {
    const log = await openLog(cluster().bootstrap);
    const folder = freshFolder();
    const before = await countOf(log, topics.mergedDetections);
    const job = new CliProcess(folder, 'pipeline', '--kafka', cluster().bootstrap, '--set', 'frameIntervalMs=100');
    await until(async () => (await countOf(log, topics.mergedDetections)) > before + 20);
    expect(await job.drain()).toBe(0);
  });

  test('reset: tells first, refuses while the job runs, and then the job begins anew', async () => {
    const log = await openLog(cluster().bootstrap);
    const folder = freshFolder();
    const on = ['--kafka', cluster().bootstrap];
    const job = new CliProcess(folder, 'aggregation', ...on, '--instance', 'pod-1');
    const members = async (): Promise<string> => String(await log.cluster!.checkIdle('aggregation').catch(String));
    await until(async () => (await members()).includes('pod-1-0'));
    const dry = await cli(folder, 'reset', 'aggregation', ...on, '--dry-run', '--json');
    const plan = JSON.parse(dry.out) as { topics: string[]; state: string[] };
    expect(plan.topics).toContain('aggregation-merge-changelog');
    expect(plan.state).toHaveLength(1);
    const refused = await cli(folder, 'reset', 'aggregation', ...on);
    expect(refused.err).toContain('Stop all workers of the job first');
    expect(await job.drain()).toBe(0);
    const kept = await cli(folder, 'reset', 'aggregation', ...on);
    expect(kept.code).toBe(3);
    expect(kept.err).toMatch(/pod-1-0 \(.*remove them with --force/s);
    expect((await cli(folder, 'reset', 'aggregation', ...on, '--force')).code).toBe(0);
    const names = async (): Promise<readonly string[]> => (await log.topics.list()).map(({ name }) => name);
    await expect.poll(async () => (await names()).filter((name) => plan.topics.includes(name))).toEqual([]);
    expect(await names()).toContain(topics.mergedDetections.name);
  });

  test('doctor', async () => {
    const { code, out } = await cli(freshFolder(), 'doctor', '--kafka', cluster().bootstrap);
    expect(out).toMatch(/ok +Kafka: 1 broker/);
    expect(out).toMatch(/ok +positions of stopped jobs: kept for 7d/);
    expect(code).toBe(0);
  });
});
