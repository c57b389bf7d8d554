/** Unpacks the records of compressed batches, for the walker's `decompress`. */
import { gunzipSync } from 'node:zlib';
import { batchHeaderBytes, compressionMask, corrupt, readBatchHeader } from '../../../core/batch-format.ts';
import { messageOf, StreamError } from '../../../core/stream-error.ts';
import { nativeCrc32c } from '../native-crc32c.ts';
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
  const end = buffer.length;
  for (let at = 0; at < end;) {
    const header = readBatchHeader(buffer, at, end, false);
    if (header === undefined) break;
    if ((header.attributes & compressionMask) === compressionNumbers.zstd) {
      readBatchHeader(buffer, at, end, true, nativeCrc32c);
      const packed = buffer.subarray(at + batchHeaderBytes, at + header.bytes);
      unpacked ??= new Map();
      try {
        unpacked.set(packed.byteOffset, await zstd().decompress(packed));
      } catch (error) {
        throw StreamError.is(error) ? error : corrupt(`a zstd frame is damaged: ${messageOf(error)}`, at);
      }
    }
    at += header.bytes;
  }
  return unpacked;
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
