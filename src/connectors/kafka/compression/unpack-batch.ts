/** Unpacks the records of compressed batches, for the walker's `decompress`. */
import { gunzipSync } from 'node:zlib';
import {
  batchHeaderBytes,
  batchPrefixBytes,
  compressionMask,
  corrupt,
  readBatchHeader,
} from '../../../core/batch-format.ts';
import { messageOf, StreamError } from '../../../core/stream-error.ts';
import { nativeCrc32c } from '../../../core/native-crc32c.ts';
import { compressionNumbers } from './compression.ts';
import { lz4, zstd } from './native-codecs.ts';
import { unpackSnappy } from './unpack-snappy.ts';

/** Batches that unpack to more are taken for damaged: producers send some megabytes at most. */
const mostBytes = 512 * 1024 * 1024;

/** Records of batches that had to be unpacked ahead of the walk, by where the packed ones begin in the memory. */
export type Unpacked = ReadonlyMap<number, Buffer>;

/** Unpacks what cannot be unpacked synchronously (zstd). Undefined: there is nothing. */
export async function unpackAhead(buffer: Buffer): Promise<Unpacked | undefined> {
  let unpacked: Map<number, Buffer> | undefined;
  for (const at of zstdBatches(buffer)) {
    const { bytes } = readBatchHeader(buffer, at, buffer.length, true, nativeCrc32c)!;
    const packed = buffer.subarray(at + batchHeaderBytes, at + bytes);
    unpacked ??= new Map();
    try {
      unpacked.set(packed.byteOffset, await zstd().decompress(packed));
    } catch (error) {
      throw StreamError.is(error) ? error : corrupt(`a zstd frame is damaged: ${messageOf(error)}`, at);
    }
  }
  return unpacked;
}

// Only looks: what is wrong with a batch, the walk will say.
function zstdBatches(buffer: Buffer): readonly number[] {
  const found: number[] = [];
  for (let at = 0; buffer.length - at >= batchHeaderBytes;) {
    const bytes = buffer.readInt32BE(at + 8) + batchPrefixBytes;
    if (bytes < batchHeaderBytes || bytes > buffer.length - at || buffer[at + 16] !== 2) break;
    if ((buffer[at + 22]! & compressionMask) === compressionNumbers.zstd) found.push(at);
    at += bytes;
  }
  return found;
}

export function unpackBatch(codec: number, packed: Buffer, ahead: Unpacked | undefined): Buffer {
  switch (codec) {
    case compressionNumbers.gzip:
      return gunzipSync(packed, { maxOutputLength: mostBytes });
    case compressionNumbers.snappy:
      return unpackSnappy(packed);
    case compressionNumbers.lz4:
      return lz4().decompressFrameSync(packed);
    case compressionNumbers.zstd:
      return ahead!.get(packed.byteOffset)!;
    default:
      throw corrupt(`there is no compression ${codec}`, 0);
  }
}
