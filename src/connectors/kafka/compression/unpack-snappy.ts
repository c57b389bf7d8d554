/**
 * Snappy as Kafka has it: a raw block, or the framing of the xerial library that Java's producer writes:
 *
 *   0  82 53 4e 41 50 50 59 00   "\x82SNAPPY\0"
 *   8  int32 version, int32 oldest compatible version
 *  16  blocks: int32 size, raw block
 *
 * A raw block begins with the size of its content, an unsigned varint.
 */
import { corrupt } from '../../../core/batch-format.ts';
import { snappy } from './native-codecs.ts';

const magic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const headBytes = 16;

/** Snappy makes at most about 21 of 1: copies of 64 bytes take 3. What claims more is damaged. */
const mostGrowth = 64;

export function unpackSnappy(packed: Buffer): Buffer {
  if (packed.length < headBytes || packed.compare(magic, 0, 8, 0, 8) !== 0) return unpackBlock(packed);
  const blocks: Buffer[] = [];
  for (let at = headBytes; at < packed.length;) {
    const size = packed.length - at < 4 ? -1 : packed.readInt32BE(at);
    at += 4;
    if (size < 0 || size > packed.length - at) throw corrupt('a snappy block does not fit', at);
    blocks.push(unpackBlock(packed.subarray(at, at + size)));
    at += size;
  }
  return blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks);
}

function unpackBlock(block: Buffer): Buffer {
  if (sizeOf(block) > block.length * mostGrowth) throw corrupt('a snappy block claims to be too large', 0);
  return snappy().uncompressSync(block, { asBuffer: true });
}

function sizeOf(block: Buffer): number {
  let size = 0;
  for (let i = 0; i < 5 && i < block.length; i++) {
    size += (block[i]! & 0x7f) * 2 ** (7 * i);
    if (block[i]! < 0x80) return size;
  }
  throw corrupt('a snappy block has no size', 0);
}
