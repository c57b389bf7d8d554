import { expect, test } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { fakeEngine } from '../fake-engine.ts';
import { fakeIo } from '../fake-io.ts';
import { sharedLog } from '../memory-log.ts';

test('lists topics with partitions and records; internal ones only with --all', async () => {
  const engine = fakeEngine();
  const { log, put } = sharedLog(engine);
  await log.topics.create([
    { name: 'b', partitions: 2, retentionMs: 86_400_000 },
    { name: 'a', partitions: 1 },
    { name: 'hidden', partitions: 1, internal: true },
  ]);
  await put('b', 1, 'x', 'y');
  const io = fakeIo();
  expect(await main(['topics', 'list'], io, engine)).toBe(0);
  expect(io.stdout.text.trim().split('\n').slice(1)).toEqual([
    'a      1           0        forever',
    'b      2           2        1d',
  ]);
  const all = fakeIo();
  await main(['topics', 'list', '--all', '--json'], all, engine);
  expect((JSON.parse(all.stdout.text) as { name: string }[]).map(({ name }) => name)).toEqual(['a', 'b', 'hidden']);
});

test('plan shows what would be created and changes nothing; apply creates it; then nothing is left to do', async () => {
  const engine = fakeEngine();
  const { log } = sharedLog(engine);
  const actions = async (command: string): Promise<unknown> => {
    const io = fakeIo();
    expect(await main(['topics', command, 'sample', '--partitions', '3', '--json'], io, engine)).toBe(0);
    return (JSON.parse(io.stdout.text) as { topic: string; action: string }[]).map(({ topic, action }) => [
      topic,
      action,
    ]);
  };
  const create = [
    ['frames-topic', 'create'],
    ['tasks-topic', 'create'],
  ];
  expect(await actions('plan')).toEqual(create);
  expect(await actions('plan')).toEqual(create);
  expect(await actions('apply')).toEqual(create);
  expect(await log.topics.describe(['frames-topic'])).toMatchObject([{ partitions: 3 }]);
  expect(await actions('plan')).toEqual([
    ['frames-topic', 'keep'],
    ['tasks-topic', 'keep'],
  ]);
});
