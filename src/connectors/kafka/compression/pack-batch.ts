import { constants, gzip } from 'node:zlib';
import { promisify } from 'node:util';
import { batchHeaderBytes, batchPrefixBytes } from '../../../core/batch-format.ts';
import { compressionNumbers, type Compression } from './compression.ts';
import { lz4, snappy, zstd } from './native-codecs.ts';

const gzipLater = promisify(gzip);

/** Below this there is nothing to gain. */
const leastBytes = 128;

/**
 * A sealed batch with its records compressed, in another thread. The checksum is not renewed: `stampProducer` does that.
 * The batch itself comes back where it would not become smaller.
 */
export async function packBatch(batch: Buffer, compression: Compression): Promise<Buffer> {
  const records = batch.subarray(batchHeaderBytes);
  if (records.length < leastBytes) return batch;
  const packed = await compress(records, compression);
  if (packed.length >= records.length) return batch;
  const whole = Buffer.allocUnsafeSlow(batchHeaderBytes + packed.length);
  batch.copy(whole, 0, 0, batchHeaderBytes);
  packed.copy(whole, batchHeaderBytes);
  whole.writeInt32BE(whole.length - batchPrefixBytes, 8);
  whole.writeInt16BE(batch.readInt16BE(21) | compressionNumbers[compression], 21);
  return whole;
}

function compress(records: Buffer, compression: Compression): Promise<Buffer> {
  switch (compression) {
    case 'gzip':
      return gzipLater(records, { level: constants.Z_BEST_SPEED });
    case 'snappy':
      return snappy().compress(records);
    case 'lz4':
      return lz4().compressFrame(records);
    case 'zstd':
      return zstd().compress(records, 3);
  }
}
