import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/contracts/compile.ts';
import { JsonWalk, refused } from '../../src/contracts/json-decoder.ts';
import { layoutOf } from '../../src/contracts/json-layout.ts';
import { JsonScanner } from '../../src/contracts/json-scanner.ts';
import { straightSource } from '../../src/contracts/json-straight-source.ts';
import { parseSchema } from '../../src/contracts/parse-schema.ts';
import { referenceDecode } from '../../src/contracts/reference-decode.ts';
import type { RecordTag } from '../../src/contracts/record-tag.ts';
import type { RecordShape } from '../../src/contracts/shape.ts';
import { shortText } from '../../src/contracts/short-text.ts';
import { arbitraryRecord, arbitrarySchema } from './arbitrary-schema.ts';

const bid = parseSchema({
  type: 'record',
  name: 'Bid',
  fields: [
    { name: 'price', type: 'long' },
    { name: 'channel', type: 'string' },
    { name: 'note', type: ['null', 'string'], default: null },
    { name: 'currency', type: 'string', default: 'EUR' },
  ],
});
const tag: RecordTag = { field: 'type', value: 'bid' };

/** Reads on the straight line of `sample` alone; `refused` where the walk would have to help. */
function straight(shape: RecordShape, sample: string, document: string | Buffer, recordTag?: RecordTag): unknown {
  const scanner = new JsonScanner();
  const bytes = Buffer.from(sample);
  scanner.load(bytes);
  const layout = layoutOf(bytes, 0, bytes.length, scanner);
  const source = layout === undefined ? undefined : straightSource(shape, recordTag, layout);
  if (source === undefined) return 'no code';
  const read = compile(['refused', 'shortText'], [refused, shortText], source) as (
    bytes: Buffer,
    start: number,
    scanner: JsonScanner,
  ) => unknown;
  const given = Buffer.concat([Buffer.from('xx'), Buffer.from(document), Buffer.from(',"price":1}"')]);
  scanner.load(given);
  try {
    const value = read(given, 2, scanner);
    return scanner.at === 2 + Buffer.byteLength(document) ? value : refused;
  } catch {
    return refused;
  }
}

const sample = '{"type":"bid","price":120,"url":"http://x","channel":"a","at":17}';

describe('documents that look alike', () => {
  test.each([
    sample,
    '{"type":"bid","price":1234567890123,"url":"","channel":"a text of more than 24 characters","at":0}',
    '{"type":"bid","price":-1,"url":"\\"\\u00e9é","channel":"\\n节","at":-1.5e9}',
    '{"type":"bid","price":0,"url":["x"],"channel":"","at":null}',
    '{"type":"bid","price":1e3,"url":"x","channel":"","at":1.0}',
  ])('are read without the walk: %s', (document) => {
    const expected = referenceDecode(bid, Buffer.from(document), 0, Buffer.byteLength(document), { tag });
    expect(straight(bid, sample, document, tag)).toStrictEqual(expected);
  });

  test('may have white space, in the same places', () => {
    const spaced = '{ "price": 1,\n  "channel" : "a" }';
    expect(straight(bid, spaced, '{ "price": 22,\n  "channel" : "b" }')).toMatchObject({ price: 22, channel: 'b' });
    expect(straight(bid, spaced, '{ "price": 22,\n "channel" : "b" }')).toBe(refused);
  });

  test('get their defaults', () => {
    expect(straight(bid, '{"channel":"a","price":1}', '{"channel":"b","price":2}')).toStrictEqual({
      price: 2,
      channel: 'b',
      note: undefined,
      currency: 'EUR',
    });
  });
});

describe('is left to the walk:', () => {
  test.each([
    ['another tag', sample.replace('"bid"', '"ask"')],
    ['another key', sample.replace('"url"', '"uri"')],
    ['another order', '{"type":"bid","url":"http://x","price":120,"channel":"a","at":17}'],
    ['one more member', sample.replace('}', ',"x":1}')],
    ['one member less', sample.replace(',"at":17', '')],
    ['a leading zero', sample.replace('120', '012')],
    ['a leading zero in an undeclared number', sample.replace('17', '017')],
    ['no digits', sample.replace('120', '')],
    ['a number that is text', sample.replace('120', '"120"')],
    ['text that is a number', sample.replace('"a"', '5')],
    ['a control character', sample.replace('http', 'ht\u0001p')],
    ['an unknown escape', sample.replace('"a"', '"\\x"')],
    ['an open end', sample.slice(0, -1)],
  ])('%s', (_what, document) => {
    expect(straight(bid, sample, document, tag)).toBe(refused);
  });

  test.each(['{}', '{"price":1,"price":2,"channel":""}', '{"price":1,"channel":"","é":1}', '{"price":1}'])(
    'a document that is not worth remembering: %s',
    (document) => {
      expect(straight(bid, document, document)).toBe('no code');
    },
  );
});

describe('a walk that has seen many documents alike', () => {
  const cases = arbitrarySchema.map(parseSchema).chain((shape) => {
    const value = arbitraryRecord(shape);
    const undeclared = fc.dictionary(fc.constantFrom('u', 'url', 'date_times'), fc.jsonValue({ maxDepth: 1 }));
    return fc.record({
      shape: fc.constant(shape),
      first: value,
      second: value,
      undeclared,
      indent: fc.nat({ max: 1 }),
      cut: fc.integer({ min: 0, max: 9_999 }),
      byte: fc.constantFrom(...Buffer.from('{}[]",:\\019.eE+-tfnu \n\u0001\u00ff', 'latin1')),
    });
  });

  test('gives what JSON.parse and a check give, also for documents that are nearly alike', () => {
    let read = 0;
    let wrong = 0;
    fc.assert(
      fc.property(cases, ({ shape, first, second, undeclared, indent, cut, byte }) => {
        const text = (value: object): Buffer => Buffer.from(JSON.stringify({ ...undeclared, ...value }, null, indent));
        const walk = new JsonWalk(shape, undefined, new JsonScanner());
        const learned = text(first);
        for (let i = 0; i < 20; i++) walk.decode(learned, 0, learned.length);
        const like = text(second);
        const [changed, shorter] = [Buffer.from(learned), Buffer.from(learned)];
        const place = Math.floor((cut / 10_000) * learned.length);
        changed[place] = byte;
        const documents = [
          learned,
          like,
          changed,
          Buffer.concat([shorter.subarray(0, place), shorter.subarray(place + 1)]),
        ];
        for (const document of documents) {
          const slab = Buffer.concat([document, Buffer.from('"}]')]);
          const value = walk.decode(slab, 0, document.length);
          if (value === refused) wrong++;
          else {
            read++;
            expect(value).toStrictEqual(referenceDecode(shape, slab, 0, document.length));
          }
        }
      }),
      { numRuns: 600 },
    );
    expect(read).toBeGreaterThan(600);
    expect(wrong).toBeGreaterThan(100);
  });

  test('reads documents of another layout as well', () => {
    const walk = new JsonWalk(bid, undefined, new JsonScanner());
    const decode = (text: string): unknown => walk.decode(Buffer.from(text), 0, text.length);
    for (let i = 0; i < 600; i++) {
      expect(decode(`{"price":${i},"channel":"a"}`)).toMatchObject({ price: i, channel: 'a' });
      expect(decode(`{"channel":"b","price":${i}}`)).toMatchObject({ price: i, channel: 'b' });
    }
  });
});
