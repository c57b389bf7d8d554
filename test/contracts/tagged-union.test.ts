import { describe, expect, expectTypeOf, test } from 'vitest';
import { contract } from '../../src/contracts/contract.ts';
import { taggedUnion } from '../../src/contracts/tagged-union.ts';
import { ByteWriter } from '../../src/core/byte-writer.ts';
import type { Decoded } from '../../src/core/codec.ts';
import { StreamError } from '../../src/core/stream-error.ts';

interface Bid {
  readonly auction: number;
}
interface Person {
  readonly type: 'person';
  readonly name: string;
}
const Bids = contract<Bid>({ type: 'record', name: 'Bid', fields: [{ name: 'auction', type: 'long' }] });
const People = contract<Person>({
  type: 'record',
  name: 'Person',
  fields: [
    { name: 'name', type: 'string' },
    { name: 'type', type: { type: 'enum', name: 'PersonType', symbols: ['person'] } },
  ],
});
const Event = taggedUnion('Event', 'type', { bid: Bids, person: People, auction: null });

function decode(document: string, after = ''): unknown {
  const bytes = Buffer.from(`xx${document}${after}`);
  return Event.decode(bytes, 2, 2 + Buffer.byteLength(document));
}

function failure(run: () => unknown): unknown {
  try {
    return run();
  } catch (thrown) {
    if (!StreamError.is(thrown)) throw thrown;
    return [thrown.code, thrown.place.path];
  }
}

describe('a tagged union', () => {
  test('decodes each member with its tag', () => {
    expect(decode('{"type":"bid","auction":1,"price":2}')).toStrictEqual({ type: 'bid', auction: 1 });
    expect(decode('{"type":"person","name":"Ann"}')).toStrictEqual({ name: 'Ann', type: 'person' });
  });

  test.each([
    '{"auction":1,"type":"bid"}',
    ' { "type" : "bid", "auction":1}',
    '{"type": "bid", "auction": 1}',
    '{"typ\\u0065":"bid","auction":1}',
    '{"type":"b\\u0069d","auction":1}',
    '{"type":"person","auction":1,"type":"bid"}',
    '{"type":"auction","auction":1,"type":"bid"}',
    '{"type":3,"auction":1,"type":"bid"}',
  ])('finds the tag that counts in %s', (document) => {
    expect(decode(document)).toStrictEqual({ type: 'bid', auction: 1 });
  });

  test('checks members that are not wanted and gives null for them', () => {
    expect(decode('{"type":"auction","id":1,"x":[{}]}')).toBeNull();
    expect(failure(() => decode('{"type":"auction","id":1,}'))).toContain('DECODE_FAILED');
    expect(failure(() => decode('{"type":"auction","id":1', '}'))).toContain('DECODE_FAILED');
  });

  test.each([
    ['type', '{"type":"sale","auction":1}'],
    ['type', '{"auction":1}'],
    ['type', '{"type":5}'],
    ['auction', '{"type":"bid"}'],
    ['auction', '{"type":"bid","auction":"x"}'],
    ['name', '{"type":"person","name":1}'],
    [undefined, '{"type":"bi'],
    [undefined, ''],
  ])('refuses with path %s: %s', (path, document) => {
    expect(failure(() => decode(document))).toEqual(['DECODE_FAILED', path]);
  });

  test('encodes by the tag of the value', () => {
    const out = new ByteWriter();
    Event.encode({ type: 'bid', auction: 3 }, out);
    Event.encode({ type: 'person', name: 'Ann' }, out);
    expect(out.buffer.utf8Slice(0, out.length)).toBe('{"type":"bid","auction":3}{"type":"person","name":"Ann"}');
    expect(failure(() => Event.encode(null, out))).toEqual(['ENCODE_FAILED', 'type']);
    expect(failure(() => Event.encode({ type: 'auction' } as never, out))).toEqual(['ENCODE_FAILED', 'type']);
  });

  test('has the type of its members', () => {
    expectTypeOf<Decoded<typeof Event>>().toEqualTypeOf<
      (Readonly<Record<'type', 'bid'>> & Bid) | (Readonly<Record<'type', 'person'>> & Person) | null
    >();
  });

  test('is a newer version when a member is', () => {
    const schema = Bids.schema;
    expect(
      taggedUnion('Event', 'type', { bid: contract<Bid>(schema, { history: [schema] }), auction: null }).version,
    ).toBe(2);
  });
});
