/** An input gets more partitions while a job runs. */
import { expect, onTestFinished, test } from 'vitest';
import type { Log } from '../../../src/core/log.ts';
import {
  defineTopology,
  json,
  kafka,
  memory,
  number,
  run,
  topic,
  valueState,
  type JobHandle,
} from '../../../src/index.ts';
import { writeTopic } from '../../support/write-topic.ts';
import { freshFolder } from '../support/cli-process.ts';
import { fresh, openLog } from '../support/kafka-case.ts';
import { readSettled } from '../support/read-settled.ts';
import { describeOnKafka } from '../support/on-kafka.ts';

const waiting = { interval: 100 };

interface Event {
  readonly key: number;
}

async function put(log: Log, name: string, keys: readonly number[]): Promise<void> {
  const events = topic(name, json<Event>(), { key: ({ key }) => key });
  await writeTopic(
    log,
    events,
    keys.map((key) => ({ key })),
  );
}

async function keysIn(log: Log, name: string): Promise<readonly number[]> {
  const found = await readSettled(log, name, json<Event>());
  return found
    .flat()
    .map(({ key }) => key)
    .sort((a, b) => a - b);
}

describeOnKafka('a topic that grows', {}, (cluster) => {
  async function start(topology: Parameters<typeof run>[0], warnings: string[] = []): Promise<JobHandle> {
    const options = {
      log: kafka({ brokers: cluster().bootstrap }),
      state: memory(),
      partitionDiscovery: '200ms',
    } as const;
    const job = await run(topology, { ...options, onWarning: (text) => warnings.push(text) });
    onTestFinished(() => job.close().catch(() => undefined));
    return job;
  }

  test('is read whole where there is no state', async () => {
    const log = await openLog(cluster().bootstrap);
    const name = fresh('stateless');
    await log.topics.create([`${name}-in`, `${name}-out`].map((each) => ({ name: each, partitions: 2 })));
    const topology = defineTopology({
      name,
      build: (t) =>
        t.source('in', topic(`${name}-in`, json<Event>())).sinkTo('out', topic(`${name}-out`, json<Event>())),
    });
    const warnings: string[] = [];
    const job = await start(topology, warnings);
    await put(log, `${name}-in`, [1, 2, 3, 4, 5]);
    await expect.poll(() => keysIn(log, `${name}-out`), waiting).toEqual([1, 2, 3, 4, 5]);
    await log.cluster!.addPartitions(`${name}-in`, 6);
    const more = Array.from({ length: 60 }, (_, i) => 100 + i);
    await put(log, `${name}-in`, more); // over all six
    await expect.poll(() => keysIn(log, `${name}-out`), waiting).toEqual([1, 2, 3, 4, 5, ...more]);
    expect(warnings.join('\n')).toContain(`${name}-in: there are more partitions than before`);
    expect(job.status.tasks).toBe(6);
    await expect(job.savepoint(freshFolder())).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await job.drain();
  });

  test('ends a job that keeps state by its keys, with what can be done', async () => {
    const log = await openLog(cluster().bootstrap);
    const name = fresh('stateful');
    await log.topics.create([`${name}-in`, `${name}-out`].map((each) => ({ name: each, partitions: 2 })));
    const build = defineTopology({
      name,
      build: (t) =>
        t
          .source('in', topic(`${name}-in`, json<Event>()))
          .keyedByRecordKey(({ key }) => key)
          .process('count', {
            output: json<Event>(),
            state: { count: valueState(number) },
            onElement(event, ctx) {
              ctx.state.count.set((ctx.state.count.get() ?? 0) + 1);
              ctx.emit(event);
            },
          })
          .sinkTo('out', topic(`${name}-out`, json<Event>())),
    });
    const job = await start(build);
    await put(log, `${name}-in`, [1, 2, 3]);
    await expect.poll(() => keysIn(log, `${name}-out`), waiting).toEqual([1, 2, 3]);
    await log.cluster!.addPartitions(`${name}-in`, 4);
    const refusal = {
      code: 'TOPIC_MISMATCH',
      message: expect.stringMatching(new RegExp(`${name}-\\S+-changelog has 2 partitions and would need 4`)) as string,
      remedy: expect.stringContaining('Read a copy of the topic that has as many as before') as string,
    };
    await expect(job.finished).rejects.toMatchObject(refusal);
    await expect(start(build)).rejects.toMatchObject(refusal);
  });
});
