/** Commands on the real engine: files, the embedded log, and a folder that another command has open. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { produce } from '../../src/connectors/produce.ts';
import { BatchWriter } from '../../src/core/batch-writer.ts';
import { systemClock } from '../../src/core/clock.ts';
import { json } from '../../src/core/codec.ts';
import { embedded } from '../../src/job/log-factories.ts';
import { fakeIo, type FakeIo } from './fake-io.ts';

const dsl = JSON.stringify(new URL('../../src/index.ts', import.meta.url).href);

/** Counts words; a word "bad" throws once it is counted. */
const countJob = `import { defineTopology, topic, json, valueState } from ${dsl};
export default defineTopology({
  name: 'words',
  build(t) {
    t.source('words', topic('words', json('word')))
      .keyBy((word) => word)
      .process('count', {
        output: json('count'),
        onError: 'deadLetter',
        state: { total: valueState(json('total')) },
        onElement(word, ctx) {
          if (word === 'bad') throw new TypeError('a bad word');
          const total = (ctx.state.total.get() ?? 0) + 1;
          ctx.state.total.set(total);
          ctx.emit({ word, total });
        },
      })
      .sinkTo('counts', topic('counts', json('count')));
  },
});
`;

const realIo = (): FakeIo & { clock: never } => Object.assign(fakeIo(), { clock: systemClock as never });

async function cli(io: FakeIo, ...argv: readonly string[]): Promise<{ exit: number; out: string; err: string }> {
  const own: FakeIo = Object.assign(Object.create(null) as object, io, { stdout: capture(), stderr: capture() });
  const exit = await main(argv, own);
  return { exit, out: own.stdout.text, err: own.stderr.text };
}

function capture(): FakeIo['stdout'] {
  return {
    text: '',
    isTTY: false,
    async write(text) {
      this.text += text;
    },
  };
}

test('reads standard input to its end, writes standard output, and keeps the rest', async () => {
  const io = realIo();
  io.file('job.mjs', countJob);
  Object.assign(io, { stdin: Readable.from(['"a"\n"bad"\n{nonsense\n"b"\n', '"a"\n']) });
  const { exit, out, err } = await cli(io, './job.mjs', '--input', '-', '--output', '-');
  expect(err).toContain('2 dead letters: they are in');
  expect(exit).toBe(0);
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(lines).toHaveLength(3);
  expect(lines).toContainEqual({ word: 'a', total: 2 });
  expect(lines).toContainEqual({ word: 'b', total: 1 });
  const letters = readFileSync(join(io.cwd, 'words.dlq.jsonl'), 'utf8').trim().split('\n');
  expect(letters.map((line) => JSON.parse(line) as unknown)).toEqual(
    expect.arrayContaining([
      {
        source: 'words',
        line: 2,
        offset: 4,
        operator: 'count',
        code: 'USER_FUNCTION_FAILED',
        reason: expect.stringContaining('a bad word'),
        raw: Buffer.from('"bad"').toString('base64'),
      },
      {
        source: 'words',
        line: 3,
        offset: 10,
        operator: 'words',
        code: 'DECODE_FAILED',
        reason: expect.any(String),
        raw: Buffer.from('{nonsense').toString('base64'),
      },
    ]),
  );
});

test('an input line that is too long becomes a dead letter, and the next one is read', async () => {
  const io = realIo();
  io.file('job.mjs', countJob);
  io.file('in.jsonl', `"a"\n"${'x'.repeat(17 * 2 ** 20)}"\n"b"\n`);
  expect((await cli(io, './job.mjs', '--input', 'in.jsonl', '--output', 'out.jsonl')).exit).toBe(0);
  const totals = readFileSync(join(io.cwd, 'out.jsonl'), 'utf8').trim().split('\n').sort();
  expect(totals).toEqual(['{"word":"a","total":1}', '{"word":"b","total":1}']);
  expect(JSON.parse(readFileSync(join(io.cwd, 'out.jsonl.dlq.jsonl'), 'utf8'))).toEqual({
    source: 'words',
    line: 2,
    offset: 4,
    operator: 'words',
    code: 'RECORD_TOO_LARGE',
    reason: expect.stringContaining(String(17 * 2 ** 20 + 3)),
    raw: '',
  });
});

test('makes no dead-letter file when there is none to write', async () => {
  const io = realIo();
  io.file('job.mjs', countJob);
  io.file('in.jsonl', '"a"\n');
  expect((await cli(io, './job.mjs', '--input', 'in.jsonl', '--output', 'out.jsonl')).exit).toBe(0);
  expect(readFileSync(join(io.cwd, 'out.jsonl'), 'utf8')).toBe('{"word":"a","total":1}\n');
  expect(existsSync(join(io.cwd, 'out.jsonl.dlq.jsonl'))).toBe(false);
});

async function feed(io: FakeIo, ...words: readonly string[]): Promise<void> {
  const { log, close } = await embedded(join(io.cwd, '.millrace')).open({ clock: systemClock, job: 'test' });
  await log.topics.create([{ name: 'words', partitions: 2 }]);
  const writer = new BatchWriter('words', 0);
  for (const word of words) writer.append(null, json('word'), word, 1);
  await produce(log, 'test', [writer.seal()!]);
  await close();
}

/** Starts the job in the folder; resolves when it answers there. */
async function start(io: FakeIo, job: string): Promise<{ ended: ReturnType<typeof cli> }> {
  const ended = cli(io, job);
  while (!existsSync(join(io.cwd, '.millrace', 'control'))) await systemClock.yield();
  return { ended };
}

/** Asks again until the answer is there; every round runs a command, so time passes by itself. */
async function until(ask: () => Promise<string>, wanted: RegExp): Promise<string> {
  let answer = await ask();
  while (!wanted.test(answer)) answer = await ask();
  return answer;
}

test('a folder answers the same whether a job runs in it or not', async () => {
  const io = realIo();
  io.file('job.mjs', countJob);
  await feed(io, 'a', 'bad', 'a');
  const letters = async (): Promise<string> => (await cli(io, 'dlq', 'list', './job.mjs', '--json')).out;
  const state = async (): Promise<string> =>
    (await cli(io, 'state', 'inspect', './job.mjs', 'count', '--key', 'a')).out;

  const { ended } = await start(io, './job.mjs');
  const running = await until(letters, /a bad word/);
  expect(await until(state, /total: 2/)).toBe('total: 2\n');
  expect((await cli(io, 'topics', 'list')).out).toMatch(/^words +2 +3 /m);
  expect((await cli(io, './job.mjs')).exit).toBe(3); // locked
  io.send('SIGINT');
  expect((await ended).exit).toBe(0);

  expect(await letters()).toBe(running);
  expect(await state()).toBe('total: 2\n');
  expect((await cli(io, 'state', 'inspect', './job.mjs')).out).toMatch(/^count +total +value +2 /m);
  expect((await cli(io, 'doctor')).exit).toBe(0);
});

test('a dead letter that is sent back comes again where it failed', async () => {
  const io = realIo();
  io.file('job.mjs', countJob);
  await feed(io, 'bad');
  const letters = async (): Promise<string> => (await cli(io, 'dlq', 'list', './job.mjs', '--json')).out;
  const { ended } = await start(io, './job.mjs');
  await until(letters, /a bad word/);
  expect((await cli(io, 'dlq', 'redrive', './job.mjs', '--all')).out).toContain('Sent 1 dead letter back');
  const again = await until(letters, /a bad word/); // the first one is not listed any more
  expect(JSON.parse(again)).toMatchObject({ operator: 'count', number: 2 });
  io.send('SIGINT');
  await ended;
});

test('records are written into a folder before a job runs in it and while it does', async () => {
  const io = realIo();
  io.file('job.mjs', countJob);
  const write = async (text: string): Promise<string> => {
    Object.assign(io, { stdin: Readable.from([text]) });
    return (await cli(io, 'topics', 'write', 'words', '--job', './job.mjs')).out;
  };
  expect(await write('"a"\n"b"\n')).toBe('Wrote 2 records to words.\n');
  const { ended } = await start(io, './job.mjs');
  expect(await write('"a"\n')).toBe('Wrote 1 record to words.\n');
  const state = async (): Promise<string> =>
    (await cli(io, 'state', 'inspect', './job.mjs', 'count', '--key', 'a')).out;
  expect(await until(state, /total: 2/)).toBe('total: 2\n');
  io.send('SIGINT');
  expect((await ended).exit).toBe(0);
});
