/** Dead letters of a stage that gets another number of tasks by a restore. */
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { systemClock } from '../../../src/core/clock.ts';
import type { Log } from '../../../src/core/log.ts';
import { json, kafka, memory, run, topic, type Topology } from '../../../src/index.ts';
import { redriveTopic, type DeadLetterRecord } from '../../../src/runtime/dead-letters.ts';
import { fakeIo, type FakeIo } from '../../cli/fake-io.ts';
import { writeTopic } from '../../support/write-topic.ts';
import { fresh, openLog } from '../support/kafka-case.ts';
import { describeOnKafka } from '../support/on-kafka.ts';
import { readSettled } from '../support/read-settled.ts';

interface Step {
  readonly key: string;
  readonly fails: boolean;
}

interface Count {
  readonly key: string;
  readonly total: number;
}

const world = globalThis as { mended?: boolean };
afterEach(() => {
  delete world.mended;
});

const api = JSON.stringify(new URL('../../../src/index.ts', import.meta.url).href);
const waiting = { interval: 100 };
const keys = Array.from({ length: 12 }, (_, i) => `key ${String(i)}`);

/** Counts the steps of each key; some fail until the function is mended. */
const jobWith = (
  name: string,
  partitions: number,
): string => `import { defineTopology, topic, json, valueState } from ${api};
export default defineTopology({
  name: '${name}',
  build(t) {
    t.source('steps', topic('${name}-in', json('step')))
      .keyBy((step) => step.key, { partitions: ${String(partitions)} })
      .process('count', {
        output: json('count'),
        onError: 'deadLetter',
        state: { total: valueState(json('total')) },
        onElement({ key, fails }, ctx) {
          if (fails && globalThis.mended !== true) throw new TypeError('not yet');
          const total = (ctx.state.total.get() ?? 0) + 1;
          ctx.state.total.set(total);
          ctx.emit({ key, total });
        },
      })
      .sinkTo('counts', topic('${name}-out', json('count')));
  },
});
`;

async function valuesOf<T>(log: Log, name: string): Promise<readonly T[]> {
  return (await readSettled(log, name, json<T>('value'))).flat();
}

describeOnKafka('a dead letter that is sent back', {}, (cluster) => {
  async function cli(io: FakeIo, ...argv: readonly string[]): Promise<void> {
    expect({ exit: await main([...argv, '--kafka', cluster().bootstrap], io), err: io.stderr.text }).toMatchObject({
      exit: 0,
    });
  }

  /** Runs the job of a module until something is so. */
  async function runUntil(module: string, isSo: () => Promise<void>): Promise<void> {
    const { default: topology } = (await import(pathToFileURL(module).href)) as { default: Topology<unknown> };
    const job = await run(topology, { log: kafka({ brokers: cluster().bootstrap }), state: memory(), partitions: 2 });
    try {
      await isSo();
    } finally {
      await job.close();
    }
  }

  test('goes where its key is after a restore onto more tasks', async () => {
    const log = await openLog(cluster().bootstrap);
    const io = Object.assign(fakeIo(), { clock: systemClock as never });
    const name = fresh('redrive');
    await log.topics.create([`${name}-in`, `${name}-out`].map((each) => ({ name: each, partitions: 2 })));
    const steps = topic(`${name}-in`, json<Step>('step'), { key: ({ key }) => key });
    for (const fails of [false, true]) {
      await writeTopic(
        log,
        steps,
        keys.map((key) => ({ key, fails })),
      );
    }
    const [before, after] = [io.file('before.mjs', jobWith(name, 2)), io.file('after.mjs', jobWith(name, 3))];
    await runUntil(before, async () => {
      await expect.poll(() => valuesOf(log, `${name}-dlq`).catch(() => []), waiting).toHaveLength(keys.length);
    });
    const letters = await valuesOf<DeadLetterRecord>(log, `${name}-dlq`);
    expect(new Set(letters.map(({ tasks }) => tasks))).toEqual(new Set([2]));
    await cli(io, 'savepoint', './before.mjs', './savepoint');
    await cli(io, 'restore', './after.mjs', '--from', './savepoint', '--force');
    const [way] = await log.topics.describe([redriveTopic(name, 'count')]);
    expect(way?.partitions).toBe(3);

    world.mended = true;
    await cli(io, 'dlq', 'redrive', './after.mjs', '--all');
    await runUntil(after, async () => {
      await expect.poll(() => valuesOf(log, `${name}-out`), waiting).toHaveLength(2 * keys.length);
    });
    const told = await valuesOf<Count>(log, `${name}-out`);
    for (const key of keys) {
      const totals = told.filter((count) => count.key === key).map(({ total }) => total);
      expect(totals.sort()).toEqual([1, 2]);
    }
  });
});
