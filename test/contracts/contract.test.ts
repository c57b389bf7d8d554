import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AvroSchema } from '../../src/contracts/avro-schema.ts';
import { conform } from '../../src/contracts/conform.ts';
import { contract } from '../../src/contracts/contract.ts';
import type { Contract, Encoding } from '../../src/contracts/contract.ts';
import { parseSchema } from '../../src/contracts/parse-schema.ts';
import { ByteWriter } from '../../src/core/byte-writer.ts';
import type { Codec } from '../../src/core/codec.ts';
import { StreamError } from '../../src/core/stream-error.ts';
import { arbitraryRecord, arbitrarySchema } from './arbitrary-schema.ts';

interface Bid {
  readonly auction: number;
  readonly price: number;
  readonly note?: string | undefined;
}

const bidV1: AvroSchema = {
  type: 'record',
  name: 'Bid',
  fields: [
    { name: 'item', type: 'int' },
    { name: 'price', type: 'int' },
    { name: 'channel', type: 'string' },
  ],
};
const bidV2: AvroSchema = {
  type: 'record',
  name: 'Bid',
  fields: [
    { name: 'auction', type: 'long', aliases: ['item'] },
    { name: 'price', type: 'long' },
    { name: 'note', type: ['null', 'string'], default: null },
  ],
};

function bytesOf<T>(codec: Codec<T>, value: T): Buffer {
  const out = new ByteWriter();
  codec.encode(value, out);
  return out.take();
}

function roundTrip<T>(codec: Codec<T>, value: T): T {
  const bytes = Buffer.concat([Buffer.from('before'), bytesOf(codec, value), Buffer.from('after')]);
  return codec.decode(bytes, 6, bytes.length - 5);
}

function failure(run: () => unknown): unknown {
  try {
    return run();
  } catch (thrown) {
    if (!StreamError.is(thrown)) throw thrown;
    return [thrown.code, thrown.place.path];
  }
}

describe.each<Encoding>(['json', 'avro'])('a contract in %s', (encoding) => {
  const Bids = contract<Bid>(bidV2, { encoding, history: [bidV1] });

  test('round-trips values as plain objects', () => {
    const bid = { auction: 2 ** 53 - 1, price: -(2 ** 53 - 1), note: '节' };
    expect(roundTrip(Bids, bid)).toStrictEqual(bid);
    expect(roundTrip(Bids, { auction: 1, price: 2 })).toStrictEqual({ auction: 1, price: 2, note: undefined });
  });

  test('round-trips every schema and value', () => {
    const cases = arbitrarySchema.chain((schema) =>
      fc.record({ schema: fc.constant(schema), value: arbitraryRecord(parseSchema(schema)) }),
    );
    fc.assert(
      fc.property(cases, ({ schema, value }) => {
        const declared = conform(parseSchema(schema), value, '');
        // Binary Avro has 32 bits for a float and no lone surrogates; JSON keeps both.
        fc.pre(
          encoding === 'json' || (!JSON.stringify(schema).includes('float') && JSON.stringify(value).isWellFormed()),
        );
        fc.pre(encoding === 'json' || !/\\ud[89a-f]|__proto__/.test(JSON.stringify(value)));
        expect(roundTrip(contract(schema, { encoding }), value)).toStrictEqual(declared);
      }),
      { numRuns: 200 },
    );
  });

  test('reads what an older version wrote', () => {
    const old = bytesOf(contract(bidV1, { encoding }), { item: 5, price: 7, channel: 'web' });
    expect(Bids.decode(old, 0, old.length, 1)).toStrictEqual({ auction: 5, price: 7, note: undefined });
  });

  test('refuses what a newer version wrote', () => {
    const bytes = bytesOf(Bids, { auction: 1, price: 2 });
    expect(() => Bids.decode(bytes, 0, bytes.length, 3)).toThrow(/^STATE_CODEC_MISMATCH: Bid.* version 3.* up to 2/);
  });

  test('names the field that cannot be encoded', () => {
    expect(failure(() => bytesOf(Bids, { auction: 1.5, price: 1 }))).toEqual(['ENCODE_FAILED', 'auction']);
  });

  test('refuses cut bytes and bytes after the value', () => {
    const bytes = bytesOf(Bids, { auction: 1, price: 2, note: 'note' });
    const longer = Buffer.concat([bytes, bytes]);
    for (let end = 0; end < bytes.length; end++) {
      expect(failure(() => Bids.decode(bytes, 0, end))).toContain('DECODE_FAILED');
      expect(failure(() => Bids.decode(longer, 0, end))).toContain('DECODE_FAILED');
    }
    expect(failure(() => Bids.decode(longer, 0, longer.length))).toContain('DECODE_FAILED');
  });
});

describe('a contract', () => {
  const Bids: Contract<Bid> = contract<Bid>(bidV2, { history: [bidV1] });

  test('has its version from its history', () => {
    expect([Bids.name, Bids.version, Bids.encoding]).toEqual(['Bid', 2, 'json']);
    expect(() => contract(bidV2, { version: 3, history: [bidV1] })).toThrow('CONTRACT_INVALID: Bid is version 3');
  });

  test('has another name in Avro, so that stored rows are not mistaken', () => {
    expect([Bids.withEncoding('avro').name, Bids.withEncoding('avro').version]).toEqual(['Bid.avro', 2]);
    expect(Bids.withEncoding('avro').withEncoding('json').name).toBe('Bid');
  });

  test('has the fingerprint of its meaning', () => {
    const documented = { ...(bidV2 as object), doc: 'A bid.' } as AvroSchema;
    expect(contract(documented).fingerprint).toBe(Bids.fingerprint);
    expect(contract(bidV1).fingerprint).not.toBe(Bids.fingerprint);
    expect(Bids.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  test('refuses a history that it cannot read', () => {
    expect(() => contract(bidV1, { history: [bidV2] })).toThrow(
      'CONTRACT_INCOMPATIBLE: Bid cannot read version 1: item is new and has no default; price was long, is int; channel is new and has no default.',
    );
  });

  test('in Avro refuses a long beyond 2^53', () => {
    const Long = contract(
      { type: 'record', name: 'Long', fields: [{ name: 'n', type: 'long' }] },
      { encoding: 'avro' },
    );
    const bytes = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20]); // 2^53
    expect(failure(() => Long.decode(bytes, 0, bytes.length))).toContain('DECODE_FAILED');
  });
});
