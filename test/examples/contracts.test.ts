import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Bid as VersionedBid } from '../../examples/contracts/bid-versions.ts';
import { Bid } from '../../examples/contracts/bid.ts';
import { Event } from '../../examples/contracts/event.ts';
import type { Codec } from '../../src/core/codec.ts';

function decode<T>(codec: Codec<T>, document: string, version?: number): T {
  const bytes = Buffer.from(document);
  return codec.decode(bytes, 0, bytes.length, version);
}

describe('what docs/contracts.md says', () => {
  test('undeclared fields are skipped, absent optional ones are undefined', () => {
    const bid = decode(Bid, '{"auction": 7, "url": "x", "price": 120, "channel": "web"}');
    expect(bid).toStrictEqual({ auction: 7, price: 120, channel: 'web', note: undefined });
  });

  test('a wrong field is named', () => {
    const message = 'DECODE_FAILED: expected an integer below 2^53, got "120" (byte 21 of 43) at price.';
    expect(() => decode(Bid, '{"auction":7,"price":"120","channel":"web"}')).toThrow(message);
    expect(readFileSync(new URL('../../docs/contracts.md', import.meta.url), 'utf8')).toContain(message);
  });

  test('an older version is read as the current one', () => {
    expect(decode(VersionedBid, '{"item":7,"price":120}', 1)).toStrictEqual({
      auction: 7,
      price: 120,
      channel: 'unknown',
    });
  });

  test('a union is told apart by its tag', () => {
    expect(decode(Event, '{"type":"person","id":1,"name":"Ann"}')).toStrictEqual({
      type: 'person',
      id: 1,
      name: 'Ann',
    });
    expect(decode(Event, '{"type":"auction","id":1}')).toBeNull();
  });
});
