/**
 * Kafka's record batch, version 2 ("magic 2"), all big endian:
 *
 *    0 baseOffset      int64    assigned by the log; not covered by the checksum
 *    8 batchLength     int32    bytes after this field
 *   12 leaderEpoch     int32
 *   16 magic           int8     2
 *   17 crc             uint32   CRC-32C of everything from 21 on
 *   21 attributes      int16    bits 0-2 compression, 3 timestamp type, 4 transactional, 5 control
 *   23 lastOffsetDelta int32
 *   27 baseTimestamp   int64    -1: none
 *   35 maxTimestamp    int64
 *   43 producerId      int64    -1: none
 *   51 producerEpoch   int16
 *   53 baseSequence    int32
 *   57 count           int32
 *   61 records: varint length, int8 attributes, varlong timestamp delta, varint offset delta,
 *               varint key length (-1: null), key, varint value length (-1: null), value,
 *               varint header count, then per header: varint length, key, varint length (-1: null), value
 *
 * Varints are zigzag LEB128. The embedded log's segments are these batches, one after another.
 */
import { StreamError } from './stream-error.ts';
import { crc32c, type Checksum } from './crc32c.ts';

export const batchHeaderBytes = 61;

/** Bytes before the part that `batchLength` counts. */
export const batchPrefixBytes = 12;

/** A record has at least this many bytes, so a count beyond that is damage. */
const leastRecordBytes = 7;

const crcFrom = 21;

/** Every record has the batch's largest timestamp: when the log took it in. */
export const appendTimeBit = 0x08;
export const transactionalBit = 0x10;
export const controlBit = 0x20;
export const compressionMask = 0x07;

/** The fixed part of a batch. */
export interface BatchHeader {
  /** Where the batch begins in the buffer, and its whole size. */
  readonly position: number;
  readonly bytes: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly count: number;
  readonly attributes: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: number;
}

export interface ProducerFields {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly transactional: boolean;
}

function int64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * 0x1_0000_0000 + buffer.readUInt32BE(at + 4);
}

function putInt64(buffer: Buffer, value: number, at: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  buffer.writeInt32BE(high, at);
  buffer.writeUInt32BE(value - high * 0x1_0000_0000, at + 4);
}

/**
 * The header of the batch at `position`, or undefined when the buffer ends before the batch does. Throws BATCH_CORRUPT
 * for anything that cannot be a batch; the checksum only where `checkCrc` is set.
 */
export function readBatchHeader(
  buffer: Buffer,
  position: number,
  end: number,
  checkCrc: boolean,
  checksum: Checksum = crc32c,
): BatchHeader | undefined {
  if (end - position < batchPrefixBytes + 5) return undefined;
  const bytes = buffer.readInt32BE(position + 8) + batchPrefixBytes;
  const magic = buffer[position + 16]!;
  if (magic !== 2) throw corrupt(`record batches of version ${magic} are not readable`, position);
  if (bytes < batchHeaderBytes) throw corrupt(`a batch of ${bytes} bytes is too short`, position);
  if (bytes > end - position) return undefined;
  if (checkCrc && checksum(buffer, position + crcFrom, position + bytes) !== buffer.readUInt32BE(position + 17)) {
    throw corrupt('the checksum does not match', position);
  }
  const baseOffset = int64(buffer, position);
  const lastDelta = buffer.readInt32BE(position + 23);
  const count = buffer.readInt32BE(position + 57);
  const attributes = buffer.readInt16BE(position + 21);
  if (!Number.isSafeInteger(baseOffset) || baseOffset < 0 || lastDelta < 0) {
    throw corrupt(`offsets ${baseOffset} + ${lastDelta} are impossible`, position);
  }
  if (count < 0 || count > lastDelta + 1) throw corrupt(`${count} records do not fit the offsets`, position);
  if ((attributes & compressionMask) === 0 && count * leastRecordBytes > bytes - batchHeaderBytes) {
    throw corrupt(`${count} records do not fit into ${bytes} bytes`, position);
  }
  return {
    position,
    bytes,
    baseOffset,
    lastOffset: baseOffset + lastDelta,
    count,
    attributes,
    baseTimestamp: int64(buffer, position + 27),
    maxTimestamp: int64(buffer, position + 35),
    producerId: int64(buffer, position + 43),
  };
}

/** Fills in the header of the batch that spans `buffer[position, end)`, checksum last (where it is wanted). */
export function writeBatchHeader(
  buffer: Buffer,
  position: number,
  end: number,
  count: number,
  baseTimestamp: number,
  maxTimestamp: number,
  checksum: boolean,
): void {
  putInt64(buffer, 0, position);
  buffer.writeInt32BE(end - position - batchPrefixBytes, position + 8);
  buffer.writeInt32BE(-1, position + 12);
  buffer[position + 16] = 2;
  buffer.writeInt16BE(0, position + 21);
  buffer.writeInt32BE(count - 1, position + 23);
  putInt64(buffer, baseTimestamp, position + 27);
  putInt64(buffer, maxTimestamp, position + 35);
  putInt64(buffer, -1, position + 43);
  buffer.writeInt16BE(-1, position + 51);
  buffer.writeInt32BE(-1, position + 53);
  buffer.writeInt32BE(count, position + 57);
  if (checksum) putCrc(buffer, position, end);
}

/** Gives a sealed batch its producer (idempotence, transactions) and renews the checksum. */
export function stampProducer(
  buffer: Buffer,
  position: number,
  fields: ProducerFields,
  checksum: Checksum = crc32c,
): void {
  const end = position + buffer.readInt32BE(position + 8) + batchPrefixBytes;
  const attributes = buffer.readInt16BE(position + 21) & ~transactionalBit;
  buffer.writeInt16BE(fields.transactional ? attributes | transactionalBit : attributes, position + 21);
  putInt64(buffer, fields.producerId, position + 43);
  buffer.writeInt16BE(fields.producerEpoch, position + 51);
  buffer.writeInt32BE(fields.baseSequence, position + 53);
  putCrc(buffer, position, end, checksum);
}

/** Gives the batches in `buffer` consecutive offsets from `firstOffset` on; returns the offset after the last one. */
export function assignOffsets(buffer: Buffer, firstOffset: number): number {
  let next = firstOffset;
  for (let at = 0; at < buffer.length;) {
    putInt64(buffer, next, at);
    next += buffer.readInt32BE(at + 23) + 1;
    at += buffer.readInt32BE(at + 8) + batchPrefixBytes;
  }
  return next;
}

function putCrc(buffer: Buffer, position: number, end: number, checksum: Checksum = crc32c): void {
  buffer.writeUInt32BE(checksum(buffer, position + crcFrom, end), position + 17);
}

export function corrupt(reason: string, position: number): StreamError {
  return new StreamError('BATCH_CORRUPT', `${reason} (record batch at byte ${position})`);
}
