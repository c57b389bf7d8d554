/** Dead letters of a stage that gets another number of tasks, from the first run to the last, by commands. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { produce } from '../../src/connectors/produce.ts';
import { BatchWriter } from '../../src/core/batch-writer.ts';
import { systemClock } from '../../src/core/clock.ts';
import { json } from '../../src/core/codec.ts';
import { embedded } from '../../src/job/log-factories.ts';
import { readTopic } from '../support/read-topic.ts';
import { fakeIo, type FakeIo } from './fake-io.ts';

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

/** Counts the steps of each key; some fail until the function is mended. */
const jobWith = (
  partitions: number,
): string => `import { defineTopology, topic, json, valueState } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)};
export default defineTopology({
  name: 'steps',
  build(t) {
    t.source('steps', topic('steps', json('step')))
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
      .sinkTo('counts', topic('counts', json('count')));
  },
});
`;

const keys = Array.from({ length: 12 }, (_, i) => `key ${String(i)}`);

async function feed(io: FakeIo): Promise<void> {
  const { log, close } = await embedded(join(io.cwd, '.millrace')).open({ clock: systemClock, job: 'test' });
  await log.topics.create([{ name: 'steps', partitions: 2 }]);
  const writer = new BatchWriter('steps', 0);
  for (const fails of [false, true]) {
    for (const key of keys) writer.append(null, json<Step>('step'), { key, fails }, 1);
  }
  await produce(log, 'test', [writer.seal()!]);
  await close();
}

/** The totals that were told of each key. */
async function counts(io: FakeIo): Promise<Readonly<Record<string, readonly number[]>>> {
  const { log, close } = await embedded(join(io.cwd, '.millrace')).open({ clock: systemClock, job: 'test' });
  const told = (await readTopic(log, 'counts', json<Count>('count'))).flat();
  await close();
  const of = (key: string) => told.filter((count) => count.key === key).map(({ total }) => total);
  return Object.fromEntries(keys.map((key) => [key, of(key).sort()]));
}

async function cli(io: FakeIo, ...argv: readonly string[]): Promise<string> {
  const text = { stdout: '', stderr: '' };
  const into = (name: 'stdout' | 'stderr'): FakeIo['stdout'] => ({
    text: '',
    isTTY: false,
    async write(more) {
      text[name] += more;
    },
  });
  const own = Object.assign(Object.create(null) as object, io, { stdout: into('stdout'), stderr: into('stderr') });
  const exit = await main(argv, own);
  expect({ exit, ...(exit === 0 ? {} : text) }).toEqual({ exit: 0 });
  return text.stdout;
}

/** Runs a job until the topic has so many records. */
async function runUntil(io: FakeIo, job: string, topic: string, records: number): Promise<void> {
  const ended = cli(io, job);
  while (!existsSync(join(io.cwd, '.millrace', 'control'))) await systemClock.yield();
  const there = new RegExp(`^${topic} +\\d+ +${String(records)} `, 'm');
  while (!there.test(await cli(io, 'topics', 'list'))) await systemClock.yield();
  io.send('SIGINT');
  await ended;
}

test.each([
  ['more', 2, 5],
  ['fewer', 5, 2],
])('a letter goes where its key is after a restore onto %s tasks', async (_, then, now) => {
  const io = Object.assign(fakeIo(), { clock: systemClock as never });
  io.file('then.mjs', jobWith(then));
  io.file('now.mjs', jobWith(now));
  await feed(io);
  await runUntil(io, './then.mjs', 'steps-dlq', keys.length);
  await cli(io, 'savepoint', './then.mjs', './savepoint');
  await cli(io, 'restore', './now.mjs', '--from', './savepoint', '--force');
  world.mended = true;
  expect(await cli(io, 'dlq', 'redrive', './now.mjs', '--all')).toContain('Sent 12 dead letters back');
  await runUntil(io, './now.mjs', 'counts', 2 * keys.length);
  expect(await counts(io)).toEqual(Object.fromEntries(keys.map((key) => [key, [1, 2]])));
});
