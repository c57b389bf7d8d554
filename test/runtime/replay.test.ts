import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BatchWriter } from '../../src/core/batch-writer.ts';
import { ByteWriter } from '../../src/core/byte-writer.ts';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { produce } from '../../src/connectors/produce.ts';
import type { SealedBatch } from '../../src/core/log.ts';
import { partitionOf } from '../../src/core/partitioner.ts';
import type { RecordBatch } from '../../src/core/record-batch.ts';
import { recordHeaders } from '../../src/core/record-headers.ts';
import { defineTopology, json, number, topic, valueState } from '../../src/index.ts';
import { deadLetterCodec, redriveTopic, type DeadLetterRecord } from '../../src/runtime/dead-letters.ts';
import { Replay } from '../../src/runtime/replay.ts';
import { unreadRecords } from '../../src/job/savepoints/unread-records.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import { memoryState } from '../../src/state/memory/memory-state.ts';
import { readManifest } from '../../src/state/savepoint-format.ts';
import { writeSavepoint } from '../../src/state/write-savepoint.ts';
import { decodeMark, encodeMark } from '../../src/time/watermark-mark.ts';

const text = json<string>('text');
const plan = makePlan(
  defineTopology({
    name: 'job',
    build(t) {
      t.source('read', topic('in', text))
        .keyBy((key) => key)
        .process('count', {
          output: text,
          state: { n: valueState(number) },
          onElement(key, ctx) {
            ctx.emit(key);
          },
        })
        .sinkTo('out', topic('out', text));
    },
  }).build(),
);
const exchange = plan.exchanges[0]!;
const keys = Array.from({ length: 40 }, (_, i) => `key ${String(i)}`);

let folder: string;
let log: MemoryLog;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-replay-'));
  log = new MemoryLog();
  await log.topics.create([{ name: exchange.topic, partitions: 2 }]);
});

afterEach(async () => {
  await log.close();
  await rm(folder, { recursive: true, force: true });
});

function markOf(upstream: number, watermark: number): Buffer {
  const out = new ByteWriter();
  encodeMark({ upstream, upstreamCount: 2, watermark, idle: false }, out);
  return out.take();
}

/** Two rounds of records, a mark of each upstream after each; the first record of each partition has been read. */
async function save(): Promise<void> {
  for (const round of [1, 2]) {
    const writers = [0, 1].map((partition) => new BatchWriter(exchange.topic, partition, { maxBatchBytes: 300 }));
    for (const key of keys) {
      const value = Buffer.from(`${key} ${String(round)}`);
      const headers = [{ key: 'trace', value: Buffer.from(key) }];
      writers[partitionOf(key, 2)]!.appendBytes(key, value, 0, value.length, round * 1_000, headers);
    }
    for (const writer of writers) {
      for (const upstream of [0, 1]) {
        const mark = markOf(upstream, round * 100 + upstream);
        writer.appendBytes(null, mark, 0, mark.length, NaN);
      }
    }
    await produce(
      log,
      'writer',
      writers.map((writer) => writer.seal()!),
    );
  }
  const from = [0, 1].map((partition) => ({ topic: exchange.topic, partition, offset: 1 }));
  const partitions = { [exchange.from]: 2, [exchange.to]: 2 };
  const records = unreadRecords(log, from);
  await writeSavepoint({ folder: join(folder, 'sp'), job: 'job', source: memoryState(), partitions, records });
}

async function replay(writers: number, readers: number, mode: 'direct' | 'log' = 'log'): Promise<Replay> {
  const tasks = new Map([
    [exchange.from, writers],
    [exchange.to, readers],
  ]);
  const place = join(folder, 'sp');
  return new Replay({
    plan,
    layout: { tasks, exchanges: new Map([[exchange.node, readers]]), sources: new Map() },
    exchange: mode,
    savepoint: { folder: place, manifest: await readManifest(place) },
  });
}

interface Seen {
  readonly key: string | null;
  readonly value: string;
  readonly time: number;
  readonly trace: string | undefined;
}

async function read(name: string, partitions: number): Promise<Seen[][]> {
  const reader = log.reader();
  const all: Seen[][] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const seen: Seen[] = [];
    all.push(seen);
    const [bounds] = await log.topics.bounds([{ topic: name, partition }]);
    for (let offset = 0; offset < bounds!.end;) {
      const [part] = await reader.fetch({
        partitions: [{ topic: name, partition, offset }],
        partitionBytes: 1 << 20,
        maxWaitMs: 0,
        isolation: 'committed',
      });
      if (part!.batch !== undefined) seen.push(...recordsIn(part!.batch));
      offset = part!.nextOffset;
    }
  }
  return all;
}

function recordsIn(batch: RecordBatch): Seen[] {
  const { slab, keyStarts, keyEnds, valueStarts, valueEnds, timestamps } = batch;
  return Array.from({ length: batch.count }, (_, i) => ({
    key: keyStarts[i]! < 0 ? null : slab.toString('utf8', keyStarts[i], keyEnds[i]),
    value: slab.toString('latin1', valueStarts[i], valueEnds[i]),
    time: timestamps[i]!,
    trace: recordHeaders(batch, i)[0]?.value.toString(),
  }));
}

/** What a replay writes, by partition. */
async function replayed(writers: number, readers: number): Promise<Seen[][]> {
  const written = await replay(writers, readers);
  await written.check();
  const batches: SealedBatch[] = [];
  for await (const batch of written.batches()) batches.push({ ...batch, topic: 'again' });
  await log.topics.create([{ name: 'again', partitions: readers }]);
  await produce(log, 'again', batches);
  return await read('again', readers);
}

test('records and marks come back as they were, from where nobody had read', async () => {
  await save();
  const before = await read(exchange.topic, 2);
  expect(await replayed(2, 2)).toEqual(before.map((records) => records.slice(1)));
});

test('with other readers each record goes to the partition of its key, in order, and the last marks behind them', async () => {
  await save();
  const before = (await read(exchange.topic, 2)).flatMap((records) => records.slice(1));
  const after = await replayed(2, 3);
  for (const [partition, records] of after.entries()) {
    const keyed = records.filter(({ key }) => key !== null);
    expect(keyed).toEqual(before.filter(({ key }) => key !== null && partitionOf(key, 3) === partition));
    const marks = records.slice(-2).map(({ value }) => decodeMark(Buffer.from(value, 'latin1')));
    expect(marks.map(({ upstream, watermark }) => [upstream, watermark])).toEqual([
      [0, 200],
      [1, 201],
    ]);
  }
  expect(after.flat()).toHaveLength(before.filter(({ key }) => key !== null).length + 3 * 2);
});

test('marks of writers that are others now are left out', async () => {
  await save();
  expect((await replayed(3, 2)).flat().filter(({ key }) => key === null)).toEqual([]);
});

test('records have nowhere to go where stages call each other', async () => {
  await save();
  await expect((await replay(2, 2, 'direct')).check()).rejects.toThrow(/SAVEPOINT_INVALID.*on their way/);
});

test('dead letters on their way back go to the task of their key', async () => {
  const { graph } = plan;
  const redrive = redriveTopic(graph.job, exchange.to);
  const letterOf = (key: string): DeadLetterRecord => ({
    source: 'in',
    partition: 0,
    offset: 0,
    job: graph.job,
    task: 'count',
    subTopology: exchange.to,
    taskPartition: partitionOf(key, 2),
    tasks: 2,
    operator: 'count',
    input: 0,
    code: 'USER_FUNCTION_FAILED',
    reason: 'no',
    ...(key === '' ? {} : { key }),
    failedAt: 0,
    raw: '',
  });
  const writers = [0, 1].map((partition) => new BatchWriter(redrive, partition));
  for (const key of ['', ...keys]) {
    const letter = letterOf(key);
    writers[letter.taskPartition]!.append(null, deadLetterCodec, letter, NaN);
  }
  writers[0]!.append(null, deadLetterCodec, { ...letterOf(keys[0]!), operator: 'gone' }, NaN);
  await log.topics.create([{ name: redrive, partitions: 2 }]);
  await produce(
    log,
    'writer',
    writers.map((writer) => writer.seal()!),
  );
  const from = [0, 1].map((partition) => ({ topic: redrive, partition, offset: 0 }));
  const partitions = { [exchange.from]: 2, [exchange.to]: 2 };
  const records = unreadRecords(log, from);
  await writeSavepoint({ folder: join(folder, 'sp'), job: 'job', source: memoryState(), partitions, records });

  const after = await replayed(2, 3);
  for (const [partition, letters] of after.entries()) {
    const seen = letters.map(({ value }) => (JSON.parse(value) as DeadLetterRecord).key ?? '');
    expect(seen.sort()).toEqual(['', ...keys].filter((key) => partitionOf(key, 3) === partition).sort());
  }
});

test('a dead letter on its way back that belongs to no task of now ends the restore before anything is changed', async () => {
  const redrive = redriveTopic('job', exchange.from);
  await log.topics.create([{ name: redrive, partitions: 1 }]);
  const writer = new BatchWriter(redrive, 0);
  const noLetter = Buffer.from('nothing');
  writer.appendBytes(null, noLetter, 0, noLetter.length, NaN);
  await produce(log, 'writer', [writer.seal()!]);
  const records = unreadRecords(log, [{ topic: redrive, partition: 0, offset: 0 }]);
  const partitions = { [exchange.from]: 1, [exchange.to]: 2 };
  await writeSavepoint({ folder: join(folder, 'sp'), job: 'job', source: memoryState(), partitions, records });
  await (await replay(1, 2)).check();
  await expect((await replay(2, 2)).check()).rejects.toThrow(/SAVEPOINT_INVALID.*a dead letter is on its way back/);
});

test('a damaged file is found', async () => {
  await save();
  await writeFile(join(folder, 'sp', 'records-00001.bin'), 'nothing');
  await expect((await replay(2, 2)).check()).rejects.toThrow(/SAVEPOINT_INVALID.*checksum/);
});
