import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assignOffsets, batchHeaderBytes, stampProducer } from '../../src/core/batch-format.ts';
import { walkBatches, type ControlMarker, type WalkOptions } from '../../src/core/batch-walker.ts';
import { BatchWriter, type BatchWriterOptions } from '../../src/core/batch-writer.ts';
import { bytes, json, string } from '../../src/core/codec.ts';
import { crc32c } from '../../src/core/crc32c.ts';
import type { RecordBatch, RecordHeader } from '../../src/core/record-batch.ts';
import { recordHeaders } from '../../src/core/record-headers.ts';
import { StreamError } from '../../src/core/stream-error.ts';

interface Model {
  readonly key: string | null;
  readonly value: string | null;
  readonly timestamp: number;
  readonly headers: readonly RecordHeader[];
}

const here = { topic: 't', partition: 3 };

const models = fc.array(
  fc.record({
    key: fc.option(fc.string({ unit: 'grapheme', maxLength: 40 })),
    value: fc.option(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constant('x'.repeat(9000)))),
    timestamp: fc.oneof(fc.integer({ min: 0, max: 2 ** 42 }), fc.constant(NaN)),
    headers: fc.array(fc.record({ key: fc.string({ maxLength: 5 }), value: fc.uint8Array({ maxLength: 5 }) }), {
      maxLength: 2,
    }),
  }),
  { minLength: 1, maxLength: 20 },
);

function sealed(records: readonly Model[], options?: BatchWriterOptions): Buffer {
  const writer = new BatchWriter('t', 3, options);
  for (const { key, value, timestamp, headers } of records) {
    if (value === null) writer.appendBytes(key, Buffer.alloc(0), -1, -1, timestamp, headers);
    else writer.append(key, string, value, timestamp, headers);
  }
  const batch = writer.seal();
  expect(batch?.count).toBe(records.length);
  return batch!.bytes;
}

function modelsOf(batch: RecordBatch | undefined): Model[] {
  if (batch === undefined) return [];
  const text = (start: number, end: number): string | null =>
    start < 0 ? null : batch.slab.toString('utf8', start, end);
  return Array.from({ length: batch.count }, (_, i) => ({
    key: text(batch.keyStarts[i]!, batch.keyEnds[i]!),
    value: text(batch.valueStarts[i]!, batch.valueEnds[i]!),
    timestamp: batch.timestamps[i]!,
    headers: recordHeaders(batch, i),
  }));
}

function walk(buffer: Buffer, options: Partial<WalkOptions> = {}): ReturnType<typeof walkBatches> {
  return walkBatches(buffer, { ...here, ...options });
}

const record = (value: string, more: Partial<Model> = {}): Model => ({
  key: 'k',
  value,
  timestamp: 5,
  headers: [],
  ...more,
});

function small(): Buffer {
  const buffer = Buffer.concat([
    sealed([record('one'), record('two', { key: null, headers: [{ key: 'h', value: Buffer.from('v') }] })]),
    sealed([record('three', { timestamp: NaN })]),
  ]);
  assignOffsets(buffer, 40);
  return buffer;
}

describe('round trip', () => {
  test('gives back what was written, at consecutive offsets', () => {
    fc.assert(
      fc.property(models, fc.nat(2 ** 45), fc.integer({ min: 200, max: 20_000 }), (records, first, maxBatchBytes) => {
        const buffer = sealed(records, { maxBatchBytes });
        expect(assignOffsets(buffer, first)).toBe(first + records.length);
        const { batch, nextOffset, wholeBytes } = walk(buffer);
        expect(modelsOf(batch)).toEqual(records);
        expect([...batch!.offsets]).toEqual(records.map((_, i) => first + i));
        expect([nextOffset, wholeBytes]).toEqual([first + records.length, buffer.length]);
      }),
    );
  });

  test('leaves out records before the offset that was asked for', () => {
    const { batch, nextOffset } = walk(small(), { from: 41 });
    expect(modelsOf(batch).map(({ value }) => value)).toEqual(['two', 'three']);
    expect(nextOffset).toBe(43);
    expect(walk(small(), { from: 43 })).toMatchObject({ batch: undefined, nextOffset: 43 });
  });

  test('copies a range of a slab', () => {
    const writer = new BatchWriter('t', 3);
    writer.appendBytes(Buffer.from('key'), Buffer.from('..value..'), 2, 7, 1);
    expect(modelsOf(walk(writer.seal()!.bytes).batch)).toEqual([record('value', { key: 'key', timestamp: 1 })]);
  });
});

describe('writer', () => {
  test('closes a batch before it passes the limit, but lets one record pass it', () => {
    const buffer = sealed([record('a'.repeat(60)), record('b'.repeat(60)), record('c'.repeat(300))], {
      maxBatchBytes: 150,
    });
    assignOffsets(buffer, 0);
    const sizes: number[] = [];
    for (let at = 0; at < buffer.length; at += sizes.at(-1)!) sizes.push(buffer.readInt32BE(at + 8) + 12);
    expect(sizes.map((size) => size <= 150)).toEqual([true, true, false]);
  });

  test('forgets a record that is too large or fails to encode', () => {
    const writer = new BatchWriter('t', 3, { maxRecordBytes: 100 });
    writer.append('k', string, 'good', 1);
    const before = writer.byteLength;
    expect(() => writer.append('big', bytes, Buffer.alloc(200), 1)).toThrow(/RECORD_TOO_LARGE .*key "big"/);
    expect(() => writer.append(Buffer.from('row'), bytes, Buffer.alloc(200), 1)).toThrow(/TOO_LARGE .*key "row"/);
    expect(() => writer.append('k', json(), undefined, 1)).toThrow('ENCODE_FAILED');
    expect(() => writer.append('k', string, 'x', Infinity)).toThrow('TIMESTAMP_INVALID');
    expect([writer.count, writer.byteLength]).toEqual([1, before]);
    expect(modelsOf(walk(writer.seal()!.bytes).batch)).toEqual([record('good', { timestamp: 1 })]);
  });

  test('leaves checksums to whoever takes the batches, where asked to', () => {
    const records = [{ key: 'a', value: 'b', timestamp: 1, headers: [] }];
    const [without, whole] = [sealed(records, { checksums: false }), sealed(records)];
    expect(without.readUInt32BE(17)).not.toBe(whole.readUInt32BE(17));
    const fields = { producerId: 1, producerEpoch: 2, baseSequence: 3, transactional: true };
    for (const batch of [without, whole]) stampProducer(batch, 0, fields);
    expect(without).toEqual(whole);
  });

  test('seals nothing when there is nothing', () => {
    const writer = new BatchWriter('t', 3);
    writer.append('k', string, 'gone', 1);
    writer.clear();
    expect(writer.seal()).toBeUndefined();
  });
});

describe('damage', () => {
  test('stops cleanly at every place where the bytes are cut off', () => {
    const buffer = small();
    const whole = [...buffer.keys()].filter((at) => walk(buffer.subarray(0, at)).wholeBytes > 0)[0]!;
    for (let cut = 0; cut <= buffer.length; cut++) {
      const expected = cut < whole ? [] : cut < buffer.length ? ['one', 'two'] : ['one', 'two', 'three'];
      const { batch, wholeBytes } = walk(buffer.subarray(0, cut));
      expect(modelsOf(batch).map(({ value }) => value)).toEqual(expected);
      expect(wholeBytes).toBe(cut < whole ? 0 : cut < buffer.length ? whole : cut);
    }
  });

  test('gives no wrong record for any flipped bit', () => {
    const buffer = small();
    const right = modelsOf(walk(buffer).batch);
    for (let bit = 0; bit < buffer.length * 8; bit++) {
      const damaged = Buffer.from(buffer);
      damaged[bit >>> 3]! ^= 1 << (bit & 7);
      const records = attempt(damaged, {});
      if (records !== 'corrupt') expect(right.slice(0, records.length)).toEqual(records);
    }
  });

  test('ends with an error or records inside the bytes, without checksums too', () => {
    const whole = small();
    fc.assert(
      fc.property(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 12 }), (place, noise) => {
        const damaged = Buffer.from(whole);
        damaged.set(noise, place % (damaged.length - noise.length));
        attempt(damaged, { checkCrc: false });
        attempt(Buffer.from(noise), {});
      }),
      { numRuns: 1_000 },
    );
  });

  test('says where, and what is wrong', () => {
    const buffer = small();
    buffer[buffer.length - 1]! ^= 1;
    expect(() => walk(buffer)).toThrow(
      /^BATCH_CORRUPT \(t-3\): the checksum does not match \(record batch at byte \d+\)/,
    );
    buffer[16] = 1;
    expect(() => walk(buffer)).toThrow('version 1');
  });
});

describe('transactions and compression', () => {
  test('reports markers, and leaves out what the filter drops', () => {
    const aborted = sealed([record('aborted')]);
    stampProducer(aborted, 0, { producerId: 7, producerEpoch: 1, baseSequence: 0, transactional: true });
    const marker = sealed([record('')]);
    const control = new BatchWriter('t', 3);
    control.appendBytes(Buffer.from([0, 0, 0, 0]), Buffer.alloc(6), 0, 6, 9);
    const end = control.seal()!.bytes;
    end.writeInt16BE(0x30, 21);
    stampProducer(end, 0, { producerId: 7, producerEpoch: 1, baseSequence: -1, transactional: true });
    const buffer = Buffer.concat([aborted, end, marker]);
    assignOffsets(buffer, 10);

    const markers: ControlMarker[] = [];
    const drops = ({ producerId }: { producerId: number }): boolean => producerId === 7;
    const { batch, nextOffset } = walk(buffer, { drops, onControl: (seen) => markers.push(seen) });
    expect(markers).toEqual([{ producerId: 7, type: 'abort', offset: 11 }]);
    expect([...batch!.offsets]).toEqual([12]);
    expect(nextOffset).toBe(13);
    expect(walk(buffer.subarray(0, aborted.length + end.length), { drops })).toMatchObject({
      batch: undefined,
      nextOffset: 12,
    });
  });

  test('asks for a decompressor, and puts unpacked records beside plain ones', () => {
    const plain = sealed([record('plain')]);
    const packed = Buffer.concat([plain.subarray(0, batchHeaderBytes), gzipSync(plain.subarray(batchHeaderBytes))]);
    packed.writeInt32BE(packed.length - 12, 8);
    packed.writeInt16BE(1, 21);
    packed.writeUInt32BE(crc32c(packed, 21), 17);
    const buffer = Buffer.concat([plain, packed]);
    assignOffsets(buffer, 0);
    expect(() => walk(buffer)).toThrow('UNSUPPORTED');
    const { batch } = walk(buffer, { decompress: (_codec, records) => gunzipSync(records) });
    expect(modelsOf(batch)).toEqual([record('plain'), record('plain')]);
  });
});

function attempt(buffer: Buffer, options: Partial<WalkOptions>): Model[] | 'corrupt' {
  try {
    const { batch } = walk(buffer, options);
    if (batch !== undefined)
      expect(Math.max(...batch.valueEnds.subarray(0, batch.count))).toBeLessThanOrEqual(buffer.length);
    return modelsOf(batch);
  } catch (error) {
    if (!StreamError.is(error)) throw error;
    expect(['BATCH_CORRUPT', 'UNSUPPORTED']).toContain(error.code);
    return 'corrupt';
  }
}
