/**
 * CRC-32C (Castagnoli), the checksum of Kafka's record batches. Slicing: sixteen independent table look-ups for sixteen
 * bytes instead of a chain of sixteen (1.2 GB/s; by 8 it is 1.05, with loads of single bytes 0.7).
 */
const slices = 16;
const table = makeTable();

// Row n holds the effect of a byte that is followed by n zero bytes.
function makeTable(): Int32Array {
  const rows = new Int32Array(slices * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    rows[byte] = crc;
  }
  for (let row = 1; row < slices; row++) {
    for (let byte = 0; byte < 256; byte++) {
      const before = rows[(row - 1) * 256 + byte]!;
      rows[row * 256 + byte] = rows[before & 0xff]! ^ (before >>> 8);
    }
  }
  return rows;
}

/** A CRC-32C of `data[start, end)`: this one, or a faster one of the platform. */
export type Checksum = (data: Uint8Array, start: number, end: number) => number;

/** CRC-32C of `data[start, end)` as an unsigned 32-bit integer. */
export function crc32c(data: Uint8Array, start = 0, end: number = data.length): number {
  const t = table;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let crc = -1;
  let i = start;
  for (const last = end - slices; i <= last; i += slices) {
    const a = crc ^ view.getInt32(i, true);
    const b = view.getInt32(i + 4, true);
    const c = view.getInt32(i + 8, true);
    const d = view.getInt32(i + 12, true);
    crc =
      t[3840 + (a & 0xff)]! ^
      t[3584 + ((a >>> 8) & 0xff)]! ^
      t[3328 + ((a >>> 16) & 0xff)]! ^
      t[3072 + (a >>> 24)]! ^
      (t[2816 + (b & 0xff)]! ^ t[2560 + ((b >>> 8) & 0xff)]! ^ t[2304 + ((b >>> 16) & 0xff)]! ^ t[2048 + (b >>> 24)]!) ^
      (t[1792 + (c & 0xff)]! ^ t[1536 + ((c >>> 8) & 0xff)]! ^ t[1280 + ((c >>> 16) & 0xff)]! ^ t[1024 + (c >>> 24)]!) ^
      (t[768 + (d & 0xff)]! ^ t[512 + ((d >>> 8) & 0xff)]! ^ t[256 + ((d >>> 16) & 0xff)]! ^ t[d >>> 24]!);
  }
  for (; i < end; i++) crc = t[(crc ^ data[i]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
