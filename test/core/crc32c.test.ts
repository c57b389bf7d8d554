import { expect, test } from 'vitest';
import { crc32c } from '../../src/core/crc32c.ts';

// RFC 3720, B.4
test.each([
  ['32 zero bytes', Buffer.alloc(32), 0x8a9136aa],
  ['32 bytes of ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['ascending bytes', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
  ['descending bytes', Buffer.from(Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c],
  ['nine digits', Buffer.from('123456789'), 0xe3069283],
  ['nothing', Buffer.alloc(0), 0],
])('knows the checksum of %s', (_, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected);
});

test('takes a range at any alignment', () => {
  const bytes = Buffer.from('..123456789...');
  expect(crc32c(bytes, 2, 11)).toBe(0xe3069283);
  expect(crc32c(bytes.subarray(1), 1, 10)).toBe(0xe3069283);
});
