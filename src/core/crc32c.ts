/**
 * CRC-32C (Castagnoli), the checksum of Kafka's record batches. Slicing by 8: eight table look-ups for eight bytes instead
 * of a chain of eight.
 */
const table = makeTable();

// Row n holds the effect of a byte that is followed by n zero bytes.
function makeTable(): Int32Array {
  const rows = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    rows[byte] = crc;
  }
  for (let row = 1; row < 8; row++) {
    for (let byte = 0; byte < 256; byte++) {
      const before = rows[(row - 1) * 256 + byte]!;
      rows[row * 256 + byte] = rows[before & 0xff]! ^ (before >>> 8);
    }
  }
  return rows;
}

/** CRC-32C of `data[start, end)` as an unsigned 32-bit integer. */
export function crc32c(data: Uint8Array, start = 0, end: number = data.length): number {
  const t = table;
  let crc = -1;
  let i = start;
  for (const last = end - 8; i <= last; i += 8) {
    crc ^= data[i]! | (data[i + 1]! << 8) | (data[i + 2]! << 16) | (data[i + 3]! << 24);
    crc =
      t[1792 + (crc & 0xff)]! ^
      t[1536 + ((crc >>> 8) & 0xff)]! ^
      t[1280 + ((crc >>> 16) & 0xff)]! ^
      t[1024 + (crc >>> 24)]! ^
      t[768 + data[i + 4]!]! ^
      t[512 + data[i + 5]!]! ^
      t[256 + data[i + 6]!]! ^
      t[data[i + 7]!]!;
  }
  for (; i < end; i++) crc = t[(crc ^ data[i]!) & 0xff]! ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}
