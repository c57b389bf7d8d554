/** Workers that share a bounded run on a real cluster end together, when everything is done. */
import { expect, test } from 'vitest';
import type { Log } from '../../../src/core/log.ts';
import { defineTopology, json, kafka, leveldb, number, run, topic, valueState } from '../../../src/index.ts';
import { writeTopic } from '../../support/write-topic.ts';
import { freshFolder } from '../support/cli-process.ts';
import { fresh, openLog } from '../support/kafka-case.ts';
import { describeOnKafka } from '../support/on-kafka.ts';
import { readSettled } from '../support/read-settled.ts';

interface Count {
  readonly key: number;
  readonly count: number;
}

const count = json<Count>('count');
const partitions = 3;
const digits = 10;

function counting(name: string) {
  return defineTopology({
    name,
    build(t) {
      t.source('in', topic(`${name}-in`, number))
        .keyBy((n) => n % digits)
        .process('digits', {
          output: count,
          state: { count: valueState(number) },
          onElement(_n, ctx) {
            const next = (ctx.state.count.get() ?? 0) + 1;
            ctx.state.count.set(next);
            ctx.emit({ key: ctx.key, count: next });
          },
        })
        .keyBy(({ key }) => key % 2)
        .process('parities', {
          output: count,
          state: { count: valueState(number) },
          onElement(_digit, ctx) {
            const next = (ctx.state.count.get() ?? 0) + 1;
            ctx.state.count.set(next);
            ctx.emit({ key: ctx.key, count: next });
          },
        })
        .sinkTo('out', topic(`${name}-out`, count));
    },
  });
}

async function countsOf(log: Log, name: string, key: number): Promise<readonly number[]> {
  const found = (await readSettled(log, `${name}-out`, count)).flat();
  return found.filter((value) => value.key === key).map((value) => value.count);
}

const upTo = (end: number): readonly number[] => Array.from({ length: end }, (_, i) => i + 1);

describeOnKafka('a bounded run', {}, (cluster) => {
  test('of three workers ends when everything is done, and goes on where it ended', { timeout: 120_000 }, async () => {
    const log = await openLog(cluster().bootstrap);
    const name = fresh('bounded');
    await log.topics.create([`${name}-in`, `${name}-out`].map((each) => ({ name: each, partitions })));
    const topology = counting(name);
    const folders = [0, 1, 2].map(() => freshFolder());
    for (const round of [1, 2, 3]) {
      await writeTopic(log, topic(`${name}-in`, number), upTo(5_000));
      const jobs = folders.map(async (folder, i) => {
        await new Promise((resolve) => setTimeout(resolve, i * 300 * round)); // some join while others are nearly done
        const job = await run(topology, {
          log: kafka({ brokers: cluster().bootstrap }),
          state: leveldb(folder),
          commit: { interval: '50ms', linger: '5ms' },
          bounded: true,
        });
        await job.finished;
      });
      await Promise.all(jobs);
      for (const key of [0, 1]) expect(await countsOf(log, name, key)).toEqual(upTo(2_500 * round));
    }
  });
});
