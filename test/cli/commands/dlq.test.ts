import { expect, test } from 'vitest';
import { main } from '../../../src/cli/main.ts';
import { readTopic } from '../../../src/cli/topic-reader.ts';
import { redriveTopic, type DeadLetterRecord } from '../../../src/runtime/dead-letters.ts';
import { fakeEngine, type FakeEngine } from '../fake-engine.ts';
import { fakeIo } from '../fake-io.ts';
import { sharedLog, type SharedLog } from '../memory-log.ts';

function letter(offset: number, raw: string, more: Partial<DeadLetterRecord> = {}): DeadLetterRecord {
  return {
    source: 'frames-topic',
    partition: 3,
    offset,
    job: 'sample',
    task: 'frames-3',
    subTopology: 'frames',
    taskPartition: 3,
    operator: 'frames',
    input: 0,
    code: 'DECODE_FAILED',
    reason: 'bbox is missing',
    failedAt: Date.UTC(2026, 0, 1),
    raw: Buffer.from(raw).toString('base64'),
    ...more,
  };
}

async function withLetters(...letters: readonly DeadLetterRecord[]): Promise<SharedLog & { engine: FakeEngine }> {
  const engine = fakeEngine();
  const shared = sharedLog(engine);
  await shared.log.topics.create([
    { name: 'frames-topic', partitions: 4 },
    { name: 'sample-dlq', partitions: 1 },
    { name: redriveTopic('sample', 'frames'), partitions: 4 },
  ]);
  await shared.put('sample-dlq', 0, ...letters);
  return { ...shared, engine };
}

async function cli(
  engine: FakeEngine,
  ...argv: readonly string[]
): Promise<{ exit: number; out: string; err: string }> {
  const io = fakeIo();
  const exit = await main(argv, io, engine);
  return { exit, out: io.stdout.text, err: io.stderr.text };
}

test('lists letters with their number, origin and reason', async () => {
  const { engine } = await withLetters(letter(17, 'x'), letter(18, 'y', { source: '' }));
  const { out, exit } = await cli(engine, 'dlq', 'list', 'sample');
  expect(exit).toBe(0);
  expect(out).toMatch(
    /^0 .*2026-01-01T00:00:00.000Z {2}frames +frames-topic-3 @ 17 {2}DECODE_FAILED {2}bbox is missing$/m,
  );
  expect(out).toMatch(/^1 .*a timer/m);
});

test('lists nothing for a job that never wrote any', async () => {
  const engine = fakeEngine();
  sharedLog(engine);
  expect(await cli(engine, 'dlq', 'list', 'sample')).toMatchObject({ exit: 0, out: 'sample has no dead letters.\n' });
  expect(await cli(engine, 'dlq', 'list', 'sample', '--json')).toMatchObject({ exit: 0, out: '' });
});

test('shows one letter with its bytes, harmless for a terminal', async () => {
  const { engine } = await withLetters(letter(17, '{"a":\x1b[31m1}\n'));
  const { out } = await cli(engine, 'dlq', 'show', 'sample', '0');
  expect(out).toMatch(/^operator +frames$/m);
  expect(out).toContain('{"a":\\u001b[31m1}\n');
  expect(out).not.toContain('\x1b');
});

test('sends one letter back to the task it came from, and only once', async () => {
  const { engine, log } = await withLetters(letter(17, 'x'), letter(18, 'y'));
  expect(await cli(engine, 'dlq', 'redrive', 'sample', '1')).toMatchObject({ exit: 0 });
  const sent: unknown[] = [];
  for await (const record of readTopic(log, redriveTopic('sample', 'frames'))) {
    sent.push([record.partition, JSON.parse(record.value.toString())]);
  }
  expect(sent).toEqual([[3, letter(18, 'y')]]);

  const again = await cli(engine, 'dlq', 'redrive', 'sample', '1');
  expect(again.exit).toBe(2);
  expect(again.err).toContain('sent back already');
  expect((await cli(engine, 'dlq', 'list', 'sample', '--json')).out.trim().split('\n')).toHaveLength(1);
  expect((await cli(engine, 'dlq', 'list', 'sample', '--all')).out).toContain('(sent back)');
});

test('--all sends back what was not sent back yet', async () => {
  const { engine } = await withLetters(letter(1, 'a'), letter(2, 'b'), letter(3, 'c'));
  await cli(engine, 'dlq', 'redrive', 'sample', '1');
  expect((await cli(engine, 'dlq', 'redrive', 'sample', '--all', '--json')).out).toBe('{"redriven":[0,2]}\n');
  expect((await cli(engine, 'dlq', 'redrive', 'sample', '--all', '--json')).out).toBe('{"redriven":[]}\n');
});

test('--again sends back what was sent already', async () => {
  const { engine, log } = await withLetters(letter(1, 'a'), letter(2, 'b'));
  await cli(engine, 'dlq', 'redrive', 'sample', '1');
  expect((await cli(engine, 'dlq', 'redrive', 'sample', '1')).err).toContain('--again');
  expect((await cli(engine, 'dlq', 'redrive', 'sample', '1', '--again', '--json')).out).toBe('{"redriven":[1]}\n');
  expect(await cli(engine, 'dlq', 'redrive', 'sample', '--all', '--again')).toMatchObject({ exit: 2, out: '' });
  const sent: unknown[] = [];
  for await (const { value } of readTopic(log, redriveTopic('sample', 'frames'))) {
    sent.push((JSON.parse(value.toString()) as DeadLetterRecord).offset);
  }
  expect(sent).toEqual([2, 2]);
});

test('what has no place now stays, and is named', async () => {
  const { engine, log } = await withLetters(letter(1, 'a'), letter(2, 'b', { operator: 'gone' }));
  const one = await cli(engine, 'dlq', 'redrive', 'sample', '1');
  expect(one).toMatchObject({ exit: 1, out: '' });
  expect(one.err).toContain("there is no 'gone' in stage 'frames' any more");
  const all = await cli(engine, 'dlq', 'redrive', 'sample', '--all');
  expect(all).toMatchObject({ exit: 1, out: 'Sent 1 dead letter back; sample takes them in when it runs.\n' });
  expect(all.err).toContain('Dead letter 1 was not sent: GRAPH_CHANGED');
  expect((await cli(engine, 'dlq', 'list', 'sample')).out).toContain('gone');
  const json = await cli(engine, 'dlq', 'redrive', 'sample', '--all', '--json');
  expect(json).toMatchObject({ exit: 1, out: '' });
  let sent = 0;
  for await (const _ of readTopic(log, redriveTopic('sample', 'frames'))) sent++;
  expect(sent).toBe(1);
});

test('a letter whose task has no partition on the way back is not sent yet', async () => {
  const engine = fakeEngine();
  const { log, put } = sharedLog(engine);
  await log.topics.create([
    { name: 'frames-topic', partitions: 8 },
    { name: 'sample-dlq', partitions: 1 },
    { name: redriveTopic('sample', 'frames'), partitions: 4 },
  ]);
  await put('sample-dlq', 0, letter(1, 'a', { taskPartition: 5 }));
  const { exit, err } = await cli(engine, 'dlq', 'redrive', 'sample', '--all');
  expect(exit).toBe(1);
  expect(err).toMatch(/TOPIC_UNKNOWN.*no partition 5.*Start the job once/s);
});

test('wants a number or --all, and one that exists', async () => {
  const { engine } = await withLetters(letter(1, 'a'));
  expect((await cli(engine, 'dlq', 'redrive', 'sample')).err).toContain('or give --all');
  expect(await cli(engine, 'dlq', 'show', 'sample', '9')).toMatchObject({ exit: 2 });
});
