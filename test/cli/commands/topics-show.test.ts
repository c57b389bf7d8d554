import { beforeEach, expect, test } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { produce } from '../../../src/connectors/produce.ts';
import { BatchWriter } from '../../../src/core/batch-writer.ts';
import { fakeEngine, type FakeEngine } from '../fake-engine.ts';
import { fakeIo } from '../fake-io.ts';
import { sharedLog, type SharedLog } from '../memory-log.ts';

let engine: FakeEngine;
let shared: SharedLog;

beforeEach(async () => {
  engine = fakeEngine();
  shared = sharedLog(engine);
  await shared.log.topics.create([{ name: 'words', partitions: 2 }]);
});

async function put(partition: number, ...records: readonly (readonly [string | null, Buffer | null])[]): Promise<void> {
  const writer = new BatchWriter('words', partition);
  for (const [key, value] of records) {
    writer.appendBytes(key, value ?? Buffer.alloc(0), value === null ? -1 : 0, value?.length ?? 0, 1);
  }
  await produce(shared.log, 'test', [writer.seal()!]);
}

async function show(...argv: readonly string[]): Promise<{ exit: number; lines: readonly string[]; err: string }> {
  const io = fakeIo();
  const exit = await main(['topics', 'show', ...argv], io, engine);
  return { exit, lines: io.stdout.text.split('\n').slice(0, -1), err: io.stderr.text };
}

const valuesOf = (lines: readonly string[]) => lines.map((line) => (JSON.parse(line) as { value: unknown }).value);

test('prints place, time, key and value; other bytes as base64, tombstones as nothing', async () => {
  await put(0, ['a', Buffer.from('{"n": 1}')], [null, Buffer.from('two\nlines')]);
  await put(1, ['\u001b[2J', Buffer.of(0, 0, 0, 7)], ['a', null]);
  expect(await show('words')).toEqual({
    exit: 0,
    lines: [
      '0 @ 0  1970-01-01T00:00:00.001Z  a  {"n": 1}',
      '0 @ 1  1970-01-01T00:00:00.001Z  -  two\\u000alines',
      '1 @ 0  1970-01-01T00:00:00.001Z  G1sySg==  AAAABw==',
      '1 @ 1  1970-01-01T00:00:00.001Z  a  -',
    ],
    err: '',
  });
  const { lines } = await show('words', '--json');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { partition: 0, offset: 0, time: '1970-01-01T00:00:00.001Z', key: 'a', value: { n: 1 } },
    { partition: 0, offset: 1, time: '1970-01-01T00:00:00.001Z', key: null, value: 'two\nlines' },
    expect.objectContaining({ partition: 1, key: { base64: 'G1sySg==' }, value: { base64: 'AAAABw==' } }),
    expect.objectContaining({ partition: 1, offset: 1, key: 'a', value: null }),
  ]);
});

test('begins and ends where it is told, over as many fetches as that takes', async () => {
  for (let batch = 0; batch < 4; batch++) await shared.put('words', 0, ...[0, 1, 2].map((i) => batch * 3 + i));
  await shared.put('words', 1, 'other');
  expect(valuesOf((await show('words', '--json')).lines)).toEqual([...Array(12).keys(), 'other']);
  expect(valuesOf((await show('words', '--json', '--from', '10')).lines)).toEqual([10, 11]);
  expect(valuesOf((await show('words', '--json', '--from', '2', '--limit', '3')).lines)).toEqual([2, 3, 4]);
  expect(valuesOf((await show('words', '--json', '--partition', '1')).lines)).toEqual(['other']);
  expect((await show('words', '--limit', '0')).lines).toEqual([]);
});

test('begins at the earliest record when what was asked for is gone', async () => {
  await shared.put('words', 0, 0, 1, 2);
  await shared.log.topics.deleteRecords([{ topic: 'words', partition: 0, offset: 2 }]);
  expect(valuesOf((await show('words', '--json', '--from', '1')).lines)).toEqual([2]);
});

test('prints 20 records when no limit is given', async () => {
  await shared.put('words', 0, ...Array(30).keys());
  expect((await show('words')).lines).toHaveLength(20);
});

test.each([
  [['wrods'], /there is no topic wrods\. Did you mean.*words/],
  [['words', '--from', 'x'], /--from x is not a whole number/],
  [['words', '--partition', '2'], /words has partitions 0 to 1, not 2/],
])('%j is refused', async (argv, reason) => {
  const { exit, err } = await show(...argv);
  expect(exit).not.toBe(0);
  expect(err).toMatch(reason);
});
