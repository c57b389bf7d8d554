/**
 * The compressions that Node does not have, loaded when first needed. Their packages come as prebuilt binaries for all
 * common platforms. zstd packs and unpacks in a thread of its own only: no synchronous build of it reads the frames of
 * Java's producer (they do not say how large their content is) on Node 20.
 */
import { createRequire } from 'node:module';
import { StreamError } from '../../../core/stream-error.ts';

interface Snappy {
  compress(input: Buffer): Promise<Buffer>;
  uncompressSync(input: Buffer, options: { asBuffer: true }): Buffer;
}

interface Lz4 {
  compressFrame(input: Buffer): Promise<Buffer>;
  decompressFrameSync(input: Buffer): Buffer;
}

interface Zstd {
  compress(input: Buffer, level?: number): Promise<Buffer>;
  decompress(input: Buffer): Promise<Buffer>;
}

const load = createRequire(import.meta.url);

export function snappy(): Snappy {
  return native('snappy') as Snappy;
}

export function lz4(): Lz4 {
  return native('lz4-napi') as Lz4;
}

export function zstd(): Zstd {
  return native('@mongodb-js/zstd') as Zstd;
}

function native(name: string): unknown {
  try {
    return load(name);
  } catch (cause) {
    throw new StreamError('UNSUPPORTED', `the package ${name} does not work on this platform`, {
      cause,
      remedy: 'Install it for this platform, or choose another compression for the topic.',
    });
  }
}
