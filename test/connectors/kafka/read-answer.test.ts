import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compressionNumbers, type Compression } from '../../../src/connectors/kafka/compression/compression.ts';
import { packBatch } from '../../../src/connectors/kafka/compression/pack-batch.ts';
import { decodeFetchResponse, type PartitionAnswer } from '../../../src/connectors/kafka/protocol/fetch.ts';
import type { Landed } from '../../../src/connectors/kafka/fetch-place.ts';
import { readAnswer } from '../../../src/connectors/kafka/read-answer.ts';
import { BatchMemory } from '../../../src/connectors/kafka/batch-memory.ts';
import { assignOffsets, stampProducer } from '../../../src/core/batch-format.ts';
import { BatchWriter } from '../../../src/core/batch-writer.ts';
import { crc32c } from '../../../src/core/crc32c.ts';
import type { FetchedPartition } from '../../../src/core/log.ts';
import { recordHeaders } from '../../../src/core/record-headers.ts';
import { StreamError } from '../../../src/core/stream-error.ts';
import { fetchBody } from './fetch-body.ts';
import { kafkajsBatch, kafkajsFetch, type PlainRecord } from './kafkajs-batches.ts';

const place = { topic: 't', partition: 3 };
const compressions = Object.entries(compressionNumbers) as [Compression, number][];

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 30 }).map((value) => Buffer.from(value)),
  fc.nat(2000).map((size) => Buffer.alloc(size, 'abcdefg')),
);
const records = fc.array(
  fc.record({
    key: fc.option(bytes),
    value: fc.option(bytes),
    timestamp: fc.integer({ min: 0, max: 2 ** 41 }),
    headers: fc.uniqueArray(fc.record({ key: fc.string({ minLength: 1, maxLength: 5 }), value: bytes }), {
      maxLength: 2,
      // They become properties of an object in kafkajs, which sorts numbers.
      selector: ({ key }) => key,
    }),
  }),
  { minLength: 1, maxLength: 12 },
);

function answerOf(body: Buffer): PartitionAnswer {
  return decodeFetchResponse(body).partitions[0]!;
}

function read(batches: Buffer, fields: Partial<PartitionAnswer> = {}, from = 0): Promise<FetchedPartition> {
  const answer = answerOf(fetchBody([{ ...place, end: 1e6, records: batches, ...fields }]));
  return readAnswer(landed(answer, from), new BatchMemory());
}

function landed(answer: PartitionAnswer, from = 0): Landed {
  return { answer, from, committed: true, askedAt: 0, slab: { memory: answer.records.buffer, users: 1 } };
}

/** With texts instead of bytes, which are slow to compare. */
interface TextRecord {
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly timestamp: number;
  readonly headers: readonly string[];
}

function textOf({ key, value, timestamp, headers }: PlainRecord, offset: number): TextRecord {
  const text = (part: Buffer | null): string | null => part && part.toString('latin1');
  const named = headers.map((header) => `${header.key}=${header.value.toString('latin1')}`);
  return { offset, key: text(key), value: text(value), timestamp, headers: named.sort() };
}

function recordsOf({ batch }: FetchedPartition): TextRecord[] {
  if (batch === undefined) return [];
  const part = (start: number, end: number): Buffer | null => (start < 0 ? null : batch.slab.subarray(start, end));
  return Array.from({ length: batch.count }, (_, i) => {
    const record = {
      key: part(batch.keyStarts[i]!, batch.keyEnds[i]!),
      value: part(batch.valueStarts[i]!, batch.valueEnds[i]!),
      timestamp: batch.timestamps[i]!,
      headers: recordHeaders(batch, i).map(({ key, value }) => ({ key, value: Buffer.from(value) })),
    };
    return textOf(record, batch.offsets[i]!);
  });
}

function sealed(written: readonly PlainRecord[]): Buffer {
  const writer = new BatchWriter('t', 3);
  for (const { key, value, timestamp, headers } of written) {
    writer.appendBytes(key, value ?? Buffer.alloc(0), value === null ? -1 : 0, value?.length ?? -1, timestamp, headers);
  }
  return writer.seal()!.bytes;
}

const producer = { producerId: 77, producerEpoch: 1, baseSequence: 0 };

async function ours(
  written: readonly PlainRecord[],
  compression: Compression | undefined,
  offset = 0,
): Promise<Buffer> {
  const batch = sealed(written);
  const packed = compression === undefined ? batch : await packBatch(batch, compression);
  stampProducer(packed, 0, { ...producer, transactional: true });
  assignOffsets(packed, offset);
  return packed;
}

const numbered = (written: readonly PlainRecord[], offset = 0): TextRecord[] =>
  written.map((record, i) => textOf(record, offset + i));

describe('against kafkajs', () => {
  test.each([['none', 0] as const, ...compressions])('reads its batches: %s', async (_, number) => {
    await fc.assert(
      fc.asyncProperty(records, records, async (first, second) => {
        const batches = Buffer.concat([
          await kafkajsBatch(first, number, 5),
          await kafkajsBatch(second, number, 5 + first.length),
        ]);
        const fetched = await read(batches, {}, 6);
        const expected = [...numbered(first, 5).slice(1), ...numbered(second, 5 + first.length)];
        expect(recordsOf(fetched)).toEqual(expected);
        expect(fetched.nextOffset).toBe(5 + first.length + second.length);
      }),
      { numRuns: 40 },
    );
  });

  test.each([undefined, ...compressions.map(([name]) => name)])('is read by it: %s', async (compression) => {
    await fc.assert(
      fc.asyncProperty(records, async (written) => {
        const body = fetchBody([{ ...place, end: 9, stable: 8, records: await ours(written, compression, 4) }]);
        const [topic] = (await kafkajsFetch(body)).responses;
        const [partition] = topic!.partitions;
        expect([topic!.topicName, partition!.highWatermark, partition!.lastStableOffset]).toEqual(['t', '9', '8']);
        const read = partition!.messages.map(({ offset, timestamp, key, value, headers }) => {
          const found = Object.entries(headers).map(([name, bytes]) => ({ key: name, value: bytes as Buffer }));
          return textOf({ key, value, timestamp: Number(timestamp), headers: found }, Number(offset));
        });
        expect(read).toEqual(numbered(written, 4));
      }),
      { numRuns: 40 },
    );
  });
});

const sample: readonly PlainRecord[] = Array.from({ length: 40 }, (_, i) => ({
  key: Buffer.from(`key-${i}`),
  value: Buffer.from(`value-${i}-`.repeat(3 + (i % 5))),
  timestamp: 1000 + i,
  headers: i % 3 === 0 ? [{ key: 'h', value: Buffer.from([i]) }] : [],
}));

describe.each([undefined, ...compressions.map(([name]) => name)])('damage, compression %s', (compression) => {
  // Two batches: what comes before the damage may be read, nothing wrong ever.
  async function batches(): Promise<Buffer> {
    return Buffer.concat([await ours(sample, compression), await ours(sample, compression, sample.length)]);
  }

  async function outcome(damaged: Buffer): Promise<'BATCH_CORRUPT' | TextRecord[]> {
    try {
      return recordsOf(await read(damaged));
    } catch (error) {
      expect(StreamError.is(error) ? error.code : error).toBe('BATCH_CORRUPT');
      expect((error as StreamError).place).toMatchObject(place);
      return 'BATCH_CORRUPT';
    }
  }

  test('no flipped bit makes a wrong record', async () => {
    const whole = await batches();
    const right = numbered([...sample, ...sample]);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), async (at, bit) => {
        const damaged = Buffer.from(whole);
        damaged[at]! ^= 1 << bit;
        const found = await outcome(damaged);
        if (found === 'BATCH_CORRUPT') return;
        // The base offset and the leader's epoch are not covered by the checksum; a length may cut the rest off.
        const values = (read: typeof found): unknown =>
          read.map(({ key, value, timestamp }) => [key, value, timestamp]);
        expect(values(found)).toEqual(values(right.slice(0, found.length)));
        expect(found.length % sample.length).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  test('a cut leaves whole batches', async () => {
    const whole = await batches();
    for (let size = 0; size < whole.length; size += 13) {
      const found = await outcome(whole.subarray(0, size));
      expect(found).toEqual(size < whole.length / 2 ? [] : numbered(sample));
    }
  });

  test('records that were damaged before the checksum was made are refused or read as they are', async () => {
    const whole = await ours(sample, compression);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 57, max: whole.length - 1 }), fc.nat(255), async (at, byte) => {
        const damaged = Buffer.from(whole);
        damaged[at] = byte;
        damaged.writeUInt32BE(crc32c(damaged, 21), 17);
        const found = await outcome(damaged);
        if (found !== 'BATCH_CORRUPT') expect(found.length).toBeLessThanOrEqual(sample.length);
      }),
      { numRuns: 150 },
    );
  });

  test('random bytes in place of the records are refused', async () => {
    const head = (await ours(sample, compression)).subarray(0, 61);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 400, maxLength: 2000 }), async (random) => {
        const damaged = Buffer.concat([head, random]);
        damaged.writeInt32BE(damaged.length - 12, 8);
        damaged.writeUInt32BE(crc32c(damaged, 21), 17);
        const found = await outcome(damaged);
        if (found !== 'BATCH_CORRUPT') expect(found.length).toBeLessThanOrEqual(sample.length);
      }),
      { numRuns: 100 },
    );
  });
});

test.each([0, 1, 3, 127])('refuses batches of version %i', async (version) => {
  const batch = await ours(sample, undefined);
  batch[16] = version;
  await expect(read(batch)).rejects.toMatchObject({ code: 'BATCH_CORRUPT' });
});

test.each([-1, 0, 48])('refuses a batch that says it has %i bytes', async (size) => {
  const batch = await ours(sample, undefined);
  batch.writeInt32BE(size, 8);
  await expect(read(batch)).rejects.toMatchObject({ code: 'BATCH_CORRUPT' });
});

test('takes a batch that says it is larger than the answer for one that was cut off', async () => {
  const batch = await ours(sample, undefined);
  batch.writeInt32BE(2 ** 31 - 1, 8);
  expect(await read(batch)).toMatchObject({ batch: undefined, nextOffset: 0 });
});

test('refuses a snappy block that claims to be huge, before it makes room for it', async () => {
  const records = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x07, 0, 0, 0]);
  const batch = await ours(sample, undefined);
  const damaged = Buffer.concat([batch.subarray(0, 61), records]);
  damaged.writeInt32BE(damaged.length - 12, 8);
  damaged.writeInt16BE(compressionNumbers.snappy, 21);
  damaged.writeUInt32BE(crc32c(damaged, 21), 17);
  await expect(read(damaged)).rejects.toThrow('claims to be too large');
});

test('gives every record the time of the log where the topic says so', async () => {
  const batch = await ours(sample, undefined);
  batch.writeInt16BE(0x08, 21);
  batch.writeBigInt64BE(99_000n, 35);
  batch.writeUInt32BE(crc32c(batch, 21), 17);
  expect(new Set(recordsOf(await read(batch)).map(({ timestamp }) => timestamp))).toEqual(new Set([99_000]));
});

test('does not copy records that are not compressed', async () => {
  const answer = answerOf(fetchBody([{ ...place, end: 40, records: await ours(sample, undefined) }]));
  const { batch } = await readAnswer(landed(answer), new BatchMemory());
  expect(batch!.slab.buffer).toBe(answer.records.buffer);
});
