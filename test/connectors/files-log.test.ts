import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFilesLog, type FilesLog, type FilesLogOptions } from '../../src/connectors/files-log.ts';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { BatchWriter } from '../../src/core/batch-writer.ts';
import { ByteWriter } from '../../src/core/byte-writer.ts';
import type { FetchedPartition, LogReader, PartitionOffset, SealedBatch } from '../../src/core/log.ts';
import { NOT_READ } from '../../src/core/record-batch.ts';
import { RowBatch } from '../../src/core/row-batch.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

let folder: string;
let clock: ManualClock;
let stdin: PassThrough;
let printed: string[];
let opened: FilesLog[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-files-'));
  clock = new ManualClock();
  stdin = new PassThrough();
  printed = [];
  opened = [];
});

afterEach(async () => {
  for (const log of opened) await log.close();
  expect(clock.pending).toBe(0);
  await rm(folder, { recursive: true });
});

const path = (name: string): string => join(folder, name);

async function open(options: Partial<FilesLogOptions>): Promise<FilesLog> {
  const stdout = { write: async (text: string) => void printed.push(text) };
  const base = { log: new MemoryLog({ clock }), inputs: [], outputs: [], clock, stdin, stdout };
  const log = await openFilesLog({ ...base, ...options });
  opened.push(log);
  return log;
}

async function openInput(text: string, options: Partial<FilesLogOptions> = {}): Promise<FilesLog> {
  await writeFile(path('in'), text);
  return open({ inputs: [{ topic: 'in', path: path('in') }], ...options });
}

const openStdin = (options: Partial<FilesLogOptions> = {}): Promise<FilesLog> =>
  open({ inputs: [{ topic: 'in', path: '-' }], ...options });

function fetch(
  reader: LogReader,
  partitions: readonly PartitionOffset[],
  more: { maxWaitMs?: number; partitionBytes?: number; signal?: AbortSignal } = {},
): Promise<readonly FetchedPartition[]> {
  return reader.fetch({ partitions, partitionBytes: 1 << 20, maxWaitMs: 0, isolation: 'committed', ...more });
}

const at = (offset: number, topic = 'in'): PartitionOffset => ({ topic, partition: 0, offset });

function linesOf({ batch }: FetchedPartition): string[] {
  if (batch === undefined) return [];
  return Array.from({ length: batch.count }, (_, i) =>
    batch.valueStarts[i] === NOT_READ
      ? '(too long)'
      : batch.slab.toString('utf8', batch.valueStarts[i], batch.valueEnds[i]),
  );
}

async function readAll(log: FilesLog, offset = 0, partitionBytes = 1 << 20): Promise<string[]> {
  const reader = log.reader();
  const lines: string[] = [];
  for (let ended: boolean | undefined = false; ended !== true;) {
    const [fetched] = await fetch(reader, [at(offset)], { maxWaitMs: 1000, partitionBytes });
    lines.push(...linesOf(fetched!));
    offset = fetched!.nextOffset;
    ended = fetched!.ended;
  }
  await reader.close();
  return lines;
}

function sealed(topic: string, ...values: string[]): SealedBatch {
  const writer = new BatchWriter(topic, 0);
  for (const value of values) {
    const bytes = Buffer.from(value);
    writer.appendBytes(null, bytes, value === '' ? -1 : 0, bytes.length, NaN);
  }
  return writer.seal()!;
}

const outsider = { group: 'g', generation: -1, memberId: '' };

async function commit(log: FilesLog, outputs: SealedBatch[], offsets: PartitionOffset[] = []): Promise<void> {
  const transactor = await log.transactor('t', 1000);
  await transactor.commit({ outputs, offsets, member: outsider, rows: new RowBatch(new ByteWriter(16)) });
  await transactor.close();
}

test('reads a file to its end, whatever the size of the steps', async () => {
  const lines = Array.from({ length: 500 }, (_, i) => `{"i":${i},"pad":"${'x'.repeat(i % 97)}"}`);
  const log = await openInput(lines.join('\n'));
  expect(await readAll(log)).toEqual(lines);
  expect(await readAll(log, 0, 1)).toEqual(lines);
  expect(await readAll(log, 0, 1000)).toEqual(lines);
});

test('reads lines that are longer than a read of the file', async () => {
  const lines = ['short', 'x'.repeat(3_000_000), 'y'.repeat(1_048_576), 'end'];
  expect(await readAll(await openInput(`${lines.join('\n')}\n`))).toEqual(lines);
});

test('an empty file has ended', async () => {
  const log = await openInput('');
  const [fetched] = await fetch(log.reader(), [at(0)]);
  expect(fetched).toEqual({
    topic: 'in',
    partition: 0,
    batch: undefined,
    nextOffset: 0,
    end: 0,
    stable: 0,
    ended: true,
  });
});

test('the offset of a line is its first byte, and the end is the size of the file', async () => {
  const log = await openInput('a\r\n\nbb\nc');
  const [fetched] = await fetch(log.reader(), [at(0)]);
  expect([...fetched!.batch!.offsets].slice(0, 3)).toEqual([0, 4, 7]);
  expect(fetched).toMatchObject({ nextOffset: 8, end: 8, stable: 8, ended: true });
  expect(await log.topics.bounds([at(0)])).toEqual([{ topic: 'in', partition: 0, start: 0, end: 8, stable: 8 }]);
  expect(await log.topics.offsetsAt([at(0)], 5000)).toEqual([at(0)]);
  expect(await readAll(log, 4)).toEqual(['bb', 'c']);
});

test('refuses offsets and partitions that a file does not have', async () => {
  const reader = (await openInput('a\n')).reader();
  await expect(fetch(reader, [at(3)])).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' });
  await expect(fetch(reader, [{ ...at(0), partition: 1 }])).rejects.toMatchObject({ code: 'TOPIC_UNKNOWN' });
});

const longLines = [
  ['a line that fits into a read', 'a\nb\n', 101, '\nc\nd'],
  ['one of several reads', 'a\nb\n', 3_000_000, '\nc\nd\n'],
  ['the first', '', 5_000_000, '\nc\n'],
  ['the last', 'a\n', 2_000_000, ''],
] as const;

test.each(longLines)('goes on behind a line that is too long: %s', async (_, before, size, behind) => {
  const text = `${before}${'x'.repeat(size)}${behind}`;
  const expected = text.split('\n').map((line) => (line.length > 100 ? '(too long)' : line));
  const lines = expected.filter((line) => line !== '');
  const log = await openInput(text, { maxLineBytes: 100 });
  expect(await readAll(log)).toEqual(lines);
  expect(await readAll(log, 0, 1)).toEqual(lines);
  const line = expected.indexOf('(too long)') + 1;
  expect(log.lineOf('in', before.length)).toBe(line);
  for (const pieces of [10_000, 65_536, 10_000_000]) {
    stdin = new PassThrough();
    const streamed = await openStdin({ maxLineBytes: 100 });
    const reading = readAll(streamed);
    for (let i = 0; i < text.length; i += pieces) stdin.write(text.slice(i, i + pieces));
    stdin.end();
    expect(await reading).toEqual(lines);
    expect(streamed.lineOf('in', before.length)).toBe(line);
  }
});

test('tells of a line that is too long before it has ended', async () => {
  const warnings: string[] = [];
  stdin = new PassThrough();
  const log = await openStdin({ maxLineBytes: 100, onWarning: (message) => warnings.push(message) });
  const reading = readAll(log);
  stdin.write('a\n');
  for (let i = 0; i < 4; i++) stdin.write('x'.repeat(60));
  await expect.poll(() => warnings).toHaveLength(1);
  expect(warnings[0]).toContain('standard input: line 2 is longer than 100 bytes and has not ended');
  stdin.end('\nb');
  expect(await reading).toEqual(['a', '(too long)', 'b']);
  expect(warnings).toHaveLength(1);
});

test('fails when the file becomes shorter', async () => {
  const log = await openInput('a\nb\n');
  await truncate(path('in'), 1);
  await expect(fetch(log.reader(), [at(0)])).rejects.toMatchObject({ code: 'IO_FAILED', reaction: 'fail-job' });
});

test('tells line numbers, in any order, of what was read and of what was not', async () => {
  const lines = Array.from({ length: 30_000 }, (_, i) => (i % 5 === 0 ? '' : `line ${i} ${'z'.repeat(50)}`));
  const log = await openInput(`${lines.join('\n')}\n`);
  const offsets: [number, number][] = [];
  let offset = 0;
  lines.forEach((line, i) => {
    offsets.push([offset, i + 1]);
    offset += line.length + 1;
  });
  const some = [29_999, 3, 15_000, 15_001, 0, 29_000, 7];
  for (const i of some) expect(log.lineOf('in', offsets[i]![0])).toBe(offsets[i]![1]);
  await readAll(log, 0, 70_000);
  for (const i of some) expect(log.lineOf('in', offsets[i]![0])).toBe(offsets[i]![1]);
  expect(log.lineOf('other', 0)).toBe(undefined);
});

test('reads standard input in whatever pieces it comes', async () => {
  const log = await openStdin();
  const text = 'first\r\n\nsécond\n{"third":3}';
  const reading = readAll(log);
  for (const byte of Buffer.from(text)) stdin.write(Buffer.of(byte));
  stdin.end();
  expect(await reading).toEqual(['first', 'sécond', '{"third":3}']);
  expect(log.lineOf('in', 17)).toBe(4);
});

test('waits for standard input no longer than asked, and can be woken', async () => {
  const log = await openStdin();
  const reader = log.reader();
  const waiting = fetch(reader, [at(0)], { maxWaitMs: 500 });
  await clock.advance(500);
  expect(await waiting).toEqual([{ ...at(0), offset: undefined, nextOffset: 0, end: 0, stable: 0 }]);
  const abort = new AbortController();
  const aborted = fetch(reader, [at(0)], { maxWaitMs: 500, signal: abort.signal });
  await clock.yield();
  abort.abort(new RangeError('enough'));
  await expect(aborted).rejects.toThrow('enough');
  const closed = fetch(reader, [at(0)], { maxWaitMs: 500 });
  await clock.yield();
  await reader.close();
  await expect(closed).rejects.toMatchObject({ code: 'LOG_CLOSED' });
  stdin.end('late\n');
  expect(await readAll(log)).toEqual(['late']);
});

test('answers with records of the log underneath while standard input is silent', async () => {
  const log = await openStdin();
  await log.topics.create([{ name: 'kept', partitions: 1 }]);
  const waiting = fetch(log.reader(), [at(0), at(0, 'kept')], { maxWaitMs: 500 });
  await clock.yield();
  await commit(log, [sealed('kept', 'from the log')]);
  expect((await waiting).flatMap(linesOf)).toEqual(['from the log']);
  const both = fetch(log.reader(), [at(0), at(1, 'kept')], { maxWaitMs: 500 });
  await clock.yield();
  stdin.write('from outside\n');
  expect((await both).flatMap(linesOf)).toEqual(['from outside']);
});

test('replays standard input until it is committed', async () => {
  const log = await openStdin();
  stdin.end('one\ntwo\nthree\n');
  expect(await readAll(log)).toEqual(['one', 'two', 'three']);
  expect(await readAll(log)).toEqual(['one', 'two', 'three']);
  await commit(log, [], [at(4)]);
  expect(await log.topics.committed('g', [at(0)])).toEqual([4]);
  expect(await readAll(log, 4)).toEqual(['two', 'three']);
  await expect(fetch(log.reader(), [at(0)])).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' });
  expect(await log.topics.bounds([at(0)])).toMatchObject([{ start: 4, end: 14, stable: 14 }]);
  expect(log.lineOf('in', 8)).toBe(3);
});

test('does not know where standard input ends before it does', async () => {
  const log = await openStdin();
  expect(await log.topics.bounds([at(0)])).toMatchObject([{ start: 0, end: Number.MAX_SAFE_INTEGER }]);
  stdin.end();
  expect(await readAll(log)).toEqual([]);
});

test('fails when standard input fails, and goes on failing', async () => {
  const log = await openStdin();
  const reading = readAll(log);
  stdin.destroy(new RangeError('unplugged'));
  await expect(reading).rejects.toMatchObject({ code: 'IO_FAILED' });
  await expect(readAll(log)).rejects.toMatchObject({ code: 'IO_FAILED' });
});

test('writes lines to files when the commit goes through, and not before', async () => {
  const outputs = [
    { topic: 'a', path: path('a') },
    { topic: 'b', path: path('b'), format: (value: Buffer) => `<${value.toString()}>` },
    { topic: 'c', path: '-' },
  ];
  const log = await open({ outputs });
  expect([await readFile(path('a'), 'utf8'), await readFile(path('b'), 'utf8')]).toEqual(['', '']);
  const transactor = await log.transactor('t', 1000);
  await transactor.append([sealed('a', 'gone'), sealed('c', 'gone')]);
  await transactor.abort();
  await transactor.append([sealed('a', 'one', 'two')]);
  expect(await readFile(path('a'), 'utf8')).toBe('');
  const rows = new RowBatch(new ByteWriter(16));
  const later = [sealed('a', 'three', ''), sealed('b', 'x'), sealed('c', 'y', 'z')];
  await transactor.commit({ outputs: later, offsets: [], member: outsider, rows });
  expect(await readFile(path('a'), 'utf8')).toBe('one\ntwo\nthree\nnull\n');
  expect(await readFile(path('b'), 'utf8')).toBe('<x>\n');
  expect(printed.join('')).toBe('y\nz\n');
  await transactor.close();
});

test('writes nothing of a commit that is refused', async () => {
  const log = await open({ outputs: [{ topic: 'a', path: path('a') }] });
  const refused = commit(log, [sealed('a', 'one'), sealed('missing', 'x')]);
  await expect(refused).rejects.toMatchObject({ code: 'TOPIC_UNKNOWN' });
  expect(await readFile(path('a'), 'utf8')).toBe('');
});

test('keeps the order of commits and writes large ones whole', async () => {
  const log = await open({ outputs: [{ topic: 'a', path: path('a') }] });
  const transactor = await log.transactor('t', 1000);
  const values = Array.from({ length: 20 }, (_, i) => `${i}:${'v'.repeat(i * 40_000)}`);
  await Promise.all(
    values.map((value) =>
      transactor.commit({
        outputs: [sealed('a', value, 'next')],
        offsets: [],
        member: outsider,
        rows: new RowBatch(new ByteWriter(16)),
      }),
    ),
  );
  expect(await readFile(path('a'), 'utf8')).toBe(values.map((value) => `${value}\nnext\n`).join(''));
});

test('waits for standard output, and ends cleanly when nobody reads it', async () => {
  let take: () => void = () => {};
  const slow = { write: () => new Promise<void>((resolve) => (take = resolve)) };
  const log = await open({ outputs: [{ topic: 'a', path: '-' }], stdout: slow });
  let done = false;
  const writing = commit(log, [sealed('a', 'one')]).then(() => (done = true));
  for (let turn = 0; turn < 10; turn++) await clock.yield();
  expect(done).toBe(false);
  take();
  await writing;

  const gone = { write: () => Promise.reject(Object.assign(new RangeError('write EPIPE'), { code: 'EPIPE' })) };
  const other = await open({ outputs: [{ topic: 'a', path: '-' }], stdout: gone });
  const failed = commit(other, [sealed('a', 'one')]);
  await expect(failed).rejects.toMatchObject({ code: 'OUTPUT_CLOSED', reaction: 'fail-job' });
});

test('refuses an output that exists, and leaves nothing behind', async () => {
  await writeFile(path('old'), 'precious');
  const outputs = [
    { topic: 'a', path: path('new') },
    { topic: 'b', path: path('old') },
  ];
  await expect(open({ outputs })).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
  expect(existsSync(path('new'))).toBe(false);
  expect(await readFile(path('old'), 'utf8')).toBe('precious');
  const log = await open({ outputs, force: true });
  await commit(log, [sealed('b', 'x')]);
  expect(await readFile(path('old'), 'utf8')).toBe('x\n');
});

test('makes a lazy output with its first line', async () => {
  const outputs = [{ topic: 'a', path: path('a'), lazy: true }];
  const log = await open({ outputs });
  expect(existsSync(path('a'))).toBe(false);
  await commit(log, [sealed('a', 'x')]);
  expect(await readFile(path('a'), 'utf8')).toBe('x\n');
  await expect(open({ outputs })).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
  await open({ outputs, force: true });
  expect(existsSync(path('a'))).toBe(false);
});

test('writes to what is no regular file without asking', async () => {
  const log = await open({ outputs: [{ topic: 'a', path: '/dev/null' }] });
  await commit(log, [sealed('a', 'x')]);
});

test('does not write over its own input', async () => {
  await writeFile(path('in'), 'precious\n');
  const both = {
    inputs: [{ topic: 'in', path: path('in') }],
    outputs: [{ topic: 'a', path: path('in') }],
    force: true,
  };
  await expect(open(both)).rejects.toMatchObject({ code: 'USAGE' });
  expect(await readFile(path('in'), 'utf8')).toBe('precious\n');
});

test('fails for paths that cannot be used', async () => {
  await expect(open({ inputs: [{ topic: 'in', path: path('no') }] })).rejects.toMatchObject({ code: 'IO_FAILED' });
  const outputs = [{ topic: 'a', path: path('no/such/folder') }];
  await expect(open({ outputs })).rejects.toMatchObject({ code: 'IO_FAILED' });
});

test('counts records that nobody keeps', async () => {
  const underneath = new MemoryLog({ clock });
  const log = await open({ log: underneath, dropped: ['a'] });
  await commit(log, [sealed('a', 'x', 'y')]);
  await commit(log, [sealed('a', 'z')]);
  expect(log.dropped.get('a')).toBe(3);
  expect((await underneath.topics.bounds([at(0, 'a')]))[0]!.end).toBe(0);
});

test('topics that are files have one partition, whatever is asked for', async () => {
  const log = await openInput('a\n', { outputs: [{ topic: 'out', path: path('out') }] });
  await log.topics.create([
    { name: 'in', partitions: 4 },
    { name: 'out', partitions: 4 },
    { name: 'other', partitions: 4 },
  ]);
  const described = await log.topics.describe(['in', 'out', 'other']);
  expect(described.map((topic) => topic?.partitions)).toEqual([1, 1, 4]);
});
