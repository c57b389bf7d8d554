/**
 * Unpacks a raw block of Snappy:
 *
 *   size     varint: bytes of the content
 *   literal  (n - 1) << 2 | 0, where n - 1 above 59 stands in 1 to 4 bytes behind it | n bytes
 *   copy     (n - 4) << 2 | 1 | high 3 bits of the distance << 5, low byte: n of 4 to 11
 *            (n - 1) << 2 | 2, distance (2 bytes)
 *            (n - 1) << 2 | 3, distance (4 bytes)
 *
 * Source: google/snappy, format_description.txt. For the few blocks that a check has to read: it copies byte by byte.
 */
import { ByteReader } from '../../core/byte-reader.ts';
import { StreamError } from '../../core/stream-error.ts';

/** Copies of 64 bytes take 3: more than 21 bytes of one are a false size. */
const mostGrowth = 64;

/** Fails with BATCH_CORRUPT. */
export function unpackBlock(packed: Uint8Array): Buffer {
  const reader = new ByteReader(packed);
  const size = reader.varuint();
  if (size > packed.length * mostGrowth) throw corrupt(`claims to hold ${size} bytes`);
  const content = Buffer.alloc(size);
  let end = 0;
  while (reader.remaining > 0) {
    const tag = reader.byte();
    const kind = tag & 3;
    const upper = tag >>> 2;
    if (kind === 0) {
      const length = 1 + (upper < 60 ? upper : littleEndian(reader, upper - 59));
      end += reader.bytes(length).copy(content, end);
      continue;
    }
    const length = kind === 1 ? 4 + (upper & 7) : 1 + upper;
    const distance = kind === 1 ? (tag >>> 5) * 256 + reader.byte() : littleEndian(reader, kind === 2 ? 2 : 4);
    if (distance === 0 || distance > end || length > size - end) throw corrupt(`has a copy that leads out of it`);
    for (const last = end + length; end < last; end++) content[end] = content[end - distance]!; // may overlap
  }
  if (end !== size) throw corrupt(`holds ${end} bytes instead of ${size}`);
  return content;
}

function littleEndian(reader: ByteReader, bytes: number): number {
  let value = 0;
  for (let i = 0; i < bytes; i++) value += reader.byte() * 256 ** i;
  return value;
}

function corrupt(what: string): StreamError {
  return new StreamError('BATCH_CORRUPT', `a snappy block ${what}`);
}
