/**
 * Checks a table of LevelDB (`.ldb`), whose checksums LevelDB does not look at when it reads (the binding has no option).
 *
 *   table    data blocks | filter block | meta index block | index block | footer
 *   block    content | type (0: as it is, 1: snappy) | crc32c of content and type, masked (4 bytes)
 *   indexes  entries | 4-byte restart points, as many as the last 4 bytes say; the value of an entry is a handle
 *   entry    varints: bytes of key shared with the one before, bytes of key, bytes of value | key | value
 *   handle   varints: offset, bytes of content
 *   footer   handle of meta index | handle of index | zeros up to 40 bytes | magic (8 bytes)
 *
 * Source: LevelDB, doc/table_format.md. The indexes name all other blocks, so nothing else has to be unpacked.
 */
import { ByteReader } from '../../core/byte-reader.ts';
import { crc32c } from '../../core/crc32c.ts';
import { onDemand } from '../../core/on-demand.ts';
import { StreamError } from '../../core/stream-error.ts';
import { unmask } from './masked-checksum.ts';

const snappy = onDemand('snappy') as () => {
  uncompressSync(packed: Buffer, options: { asBuffer: true }): Buffer;
};

const footerBytes = 48;
const magic = Buffer.from([0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb]);

interface Handle {
  readonly offset: number;
  readonly size: number;
}

/**
 * The byte at which the first damaged block begins; undefined: the table is whole, or it has no footer. LevelDB leaves such a
 * one behind when it is closed while it writes a table, and fails when it reads one that it needs.
 */
export function damageInTable(table: Buffer): number | undefined {
  const footer = table.length - footerBytes;
  if (footer < 0 || magic.compare(table, table.length - magic.length) !== 0) return undefined;
  try {
    const ends = new ByteReader(table, footer);
    for (const index of [readHandle(ends), readHandle(ends)]) {
      if (!isWhole(table, index)) return index.offset;
      const damaged = handlesIn(contentOf(table, index)).find((block) => !isWhole(table, block));
      if (damaged !== undefined) return damaged.offset;
    }
    return undefined;
  } catch (error) {
    if (StreamError.is(error) && error.code === 'BATCH_CORRUPT') return footer; // a handle that cannot be read
    throw error;
  }
}

function readHandle(reader: ByteReader): Handle {
  return { offset: reader.varuint(), size: reader.varuint() };
}

function isWhole(table: Buffer, { offset, size }: Handle): boolean {
  const end = offset + size + 1;
  if (end + 4 > table.length - footerBytes) return false;
  return unmask(table.readUInt32LE(end)) === crc32c(table, offset, end);
}

function contentOf(table: Buffer, { offset, size }: Handle): Buffer {
  const content = table.subarray(offset, offset + size);
  return table[offset + size] === 1 ? snappy().uncompressSync(content, { asBuffer: true }) : content;
}

function handlesIn(index: Buffer): readonly Handle[] {
  const restarts = index.readUInt32LE(index.length - 4);
  const reader = new ByteReader(index, 0, index.length - 4 * (restarts + 1));
  const handles: Handle[] = [];
  while (reader.remaining > 0) {
    reader.varuint();
    const keyBytes = reader.varuint();
    const valueBytes = reader.varuint();
    reader.bytes(keyBytes);
    handles.push(readHandle(new ByteReader(reader.bytes(valueBytes))));
  }
  return handles;
}
