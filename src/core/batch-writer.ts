import { batchHeaderBytes, writeBatchHeader } from './batch-format.ts';
import { ByteWriter } from './byte-writer.ts';
import type { Codec } from './codec.ts';
import type { SealedBatch } from './log.ts';
import type { RecordHeader } from './record-batch.ts';
import { StreamError } from './stream-error.ts';

export interface BatchWriterOptions {
  /** A batch is closed before it would grow beyond this. A larger single record has a batch of its own. Default 512 KiB. */
  readonly maxBatchBytes?: number;
  /** Records above this fail with RECORD_TOO_LARGE. Default 1 MiB less 1 KiB: Kafka's own default, headers included. */
  readonly maxRecordBytes?: number;
  /** False: whoever takes the batches writes their checksums. Default true. */
  readonly checksums?: boolean;
}

/** Kafka's own default, less what a batch needs around a record. */
export const mostRecordBytes = 1024 * 1024 - 1024;

export type RecordKey = string | Uint8Array | null;

/**
 * Collects the output of one partition as v2 record batches (core/batch-format.ts) in one growing buffer, without an
 * object per record. A record that fails to encode leaves nothing behind.
 *
 * Lengths stand before what they measure. The writer reserves as many bytes for a length as the last record needed, so
 * the body moves only where that changes: faster than encoding into a scratch buffer and copying each value.
 */
export class BatchWriter {
  readonly topic: string;
  readonly partition: number;
  readonly #out = new ByteWriter(4096);
  readonly #maxBatchBytes: number;
  readonly #maxRecordBytes: number;
  readonly #checksums: boolean;
  /** Start of the open batch; there is none while #batchCount is 0. */
  #batchStart = 0;
  #batchCount = 0;
  #baseTimestamp = 0;
  #maxTimestamp = 0;
  /** Of the record being written. */
  #time = 0;
  #count = 0;
  #recordReserve = 2;
  #valueReserve = 2;

  constructor(topic: string, partition: number, options: BatchWriterOptions = {}) {
    this.topic = topic;
    this.partition = partition;
    this.#maxBatchBytes = options.maxBatchBytes ?? 512 * 1024;
    this.#maxRecordBytes = options.maxRecordBytes ?? mostRecordBytes;
    this.#checksums = options.checksums ?? true;
  }

  /** Records since the last seal. */
  get count(): number {
    return this.#count;
  }

  get byteLength(): number {
    return this.#out.length;
  }

  /** Appends a record whose value `codec` encodes. `timestamp` NaN: none. */
  append<T>(key: RecordKey, codec: Codec<T>, value: T, timestamp: number, headers?: readonly RecordHeader[]): void {
    const out = this.#out;
    const before = out.length;
    const start = this.#begin(key, timestamp);
    const valueAt = out.length;
    const reserve = this.#valueReserve;
    out.ensure(reserve);
    out.length = valueAt + reserve;
    try {
      codec.encode(value, out);
    } catch (error) {
      out.length = before;
      throw error;
    }
    this.#valueReserve = putLength(out, valueAt, reserve, out.length - valueAt - reserve);
    this.#end(before, start, valueAt, key, timestamp, headers);
  }

  /** Appends a record whose value is `slab[valueStart, valueEnd)`; a negative start is a null value (tombstone). */
  appendBytes(
    key: RecordKey,
    slab: Uint8Array,
    valueStart: number,
    valueEnd: number,
    timestamp: number,
    headers?: readonly RecordHeader[],
  ): void {
    const out = this.#out;
    const before = out.length;
    const start = this.#begin(key, timestamp);
    const valueAt = out.length;
    if (valueStart < 0) {
      out.varint(-1);
    } else {
      out.varint(valueEnd - valueStart);
      out.bytes(slab, valueStart, valueEnd);
    }
    this.#end(before, start, valueAt, key, timestamp, headers);
  }

  /** Everything since the last seal as whole batches with base offset 0; undefined when there is nothing. */
  seal(): SealedBatch | undefined {
    if (this.#count === 0) return undefined;
    this.#closeBatch();
    const sealed = { topic: this.topic, partition: this.partition, bytes: this.#out.take(), count: this.#count };
    this.clear();
    return sealed;
  }

  /** Forgets everything since the last seal. */
  clear(): void {
    this.#out.clear();
    this.#count = 0;
    this.#batchCount = 0;
  }

  // Opens a batch where needed and writes the record up to its key; returns where the record begins.
  #begin(key: RecordKey, timestamp: number): number {
    const time = timestamp !== timestamp ? -1 : Math.floor(timestamp);
    if (!Number.isSafeInteger(time)) throw new StreamError('TIMESTAMP_INVALID', `a record has timestamp ${timestamp}`);
    const out = this.#out;
    out.ensure(batchHeaderBytes + mostFieldBytes);
    if (this.#batchCount === 0) {
      this.#batchStart = out.length;
      out.length += batchHeaderBytes;
      this.#baseTimestamp = time;
      this.#maxTimestamp = time;
    }
    this.#time = time;
    const start = out.length;
    const { buffer } = out;
    let at = start + this.#recordReserve;
    buffer[at++] = 0;
    const delta = time - this.#baseTimestamp;
    if (delta >= 0 && delta < 64) buffer[at++] = delta * 2;
    else at = putVarint(out, at, delta);
    const count = this.#batchCount;
    if (count < 64) buffer[at++] = count * 2;
    else if (count < 8192) {
      buffer[at] = ((count * 2) & 0x7f) | 0x80;
      buffer[at + 1] = count >>> 6;
      at += 2;
    } else at = putVarint(out, at, count);
    if (key === null) {
      buffer[at] = 1; // -1
      out.length = at + 1;
      return start;
    }
    out.length = at;
    if (typeof key === 'string') this.#textKey(key);
    else {
      out.varint(key.length);
      out.bytes(key);
    }
    return start;
  }

  #textKey(key: string): void {
    const out = this.#out;
    if (key.length > 21) {
      out.varint(Buffer.byteLength(key));
      out.text(key);
      return;
    }
    // At most 63 bytes of UTF-8: the length takes one byte, which is known only after the text is written.
    const at = out.length;
    out.ensure(1);
    out.length = at + 1;
    out.text(key);
    out.buffer[at] = (out.length - at - 1) * 2;
  }

  // Writes the headers, closes the record and, when it does not fit any more, moves it into a batch of its own.
  #end(
    before: number,
    start: number,
    valueAt: number,
    key: RecordKey,
    timestamp: number,
    headers: readonly RecordHeader[] | undefined,
  ): void {
    const out = this.#out;
    const headersAt = out.length;
    if (headers === undefined || headers.length === 0) out.byte(0);
    else putHeaders(out, headers);
    const reserve = this.#recordReserve;
    const size = out.length - start - reserve;
    if (size > this.#maxRecordBytes) {
      out.length = before;
      throw new StreamError(
        'RECORD_TOO_LARGE',
        `a record of ${size} bytes is above the limit of ${this.#maxRecordBytes}`,
        {
          topic: this.topic,
          partition: this.partition,
          ...(key === null ? {} : { key: shortened(typeof key === 'string' ? key : Buffer.from(key).toString()) }),
          remedy: 'Make the value smaller, or keep it elsewhere and send where.',
        },
      );
    }
    if (this.#batchCount > 0 && out.length - this.#batchStart > this.#maxBatchBytes) {
      this.#moveToNextBatch(before, out.buffer.subarray(valueAt, headersAt), key, timestamp, headers);
      return;
    }
    this.#recordReserve = putLength(out, start, reserve, size);
    if (this.#time > this.#maxTimestamp) this.#maxTimestamp = this.#time;
    this.#batchCount++;
    this.#count++;
  }

  // Offset and timestamp deltas belong to a batch, so the record is written again. Rare: once per batch.
  #moveToNextBatch(
    before: number,
    lengthAndValue: Uint8Array,
    key: RecordKey,
    timestamp: number,
    headers: readonly RecordHeader[] | undefined,
  ): void {
    const kept = Uint8Array.prototype.slice.call(lengthAndValue);
    const out = this.#out;
    out.length = before;
    this.#closeBatch();
    const start = this.#begin(key, timestamp);
    const valueAt = out.length;
    out.bytes(kept);
    this.#end(before, start, valueAt, key, timestamp, headers);
  }

  #closeBatch(): void {
    if (this.#batchCount === 0) return;
    const { buffer, length } = this.#out;
    const [start, count, checksums] = [this.#batchStart, this.#batchCount, this.#checksums];
    writeBatchHeader(buffer, start, length, count, this.#baseTimestamp, this.#maxTimestamp, checksums);
    this.#batchCount = 0;
  }
}

function shortened(text: string): string {
  return text.length > 120 ? `${text.slice(0, 120)}...` : text;
}

/** Length, attributes, timestamp and offset of a record, at their largest. */
const mostFieldBytes = 24;

function putVarint(out: ByteWriter, at: number, value: number): number {
  out.length = at;
  out.varint(value);
  return out.length;
}

// Writes the length of what follows a reserve at `at`, moving it when the reserve has another size. Returns the size.
function putLength(out: ByteWriter, at: number, reserve: number, length: number): number {
  const size = length < 64 ? 1 : length < 8192 ? 2 : length < 1_048_576 ? 3 : length < 134_217_728 ? 4 : 5;
  if (size !== reserve) {
    const end = out.length;
    out.ensure(size);
    out.buffer.copyWithin(at + size, at + reserve, end);
    out.length = end + size - reserve;
  }
  const { buffer } = out;
  let rest = length * 2; // zigzag
  for (let i = at; ; i++) {
    if (rest < 0x80) {
      buffer[i] = rest;
      return size;
    }
    buffer[i] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
}

function putHeaders(out: ByteWriter, headers: readonly RecordHeader[]): void {
  out.varint(headers.length);
  for (const { key, value } of headers) {
    out.varint(Buffer.byteLength(key));
    out.text(key);
    out.varint(value.length);
    out.bytes(value);
  }
}
