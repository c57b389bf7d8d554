import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { JsonWalk, compileJsonDecoder, refused } from '../../src/contracts/json-decoder.ts';
import { JsonScanner } from '../../src/contracts/json-scanner.ts';
import { parseSchema } from '../../src/contracts/parse-schema.ts';
import { referenceDecode } from '../../src/contracts/reference-decode.ts';
import type { RecordShape } from '../../src/contracts/shape.ts';
import { StreamError } from '../../src/core/stream-error.ts';
import { DetectionResult } from '../../topologies/contracts.ts';
import { arbitraryRecord, arbitrarySchema } from './arbitrary-schema.ts';

const everything = parseSchema({
  type: 'record',
  name: 'Everything',
  fields: [
    { name: 'flag', type: 'boolean' },
    { name: 'count', type: 'int' },
    { name: 'total', type: 'long' },
    { name: 'ratio', type: 'double' },
    { name: 'text', type: 'string' },
    { name: 'level', type: { type: 'enum', name: 'Level', symbols: ['low', 'high'] } },
    { name: 'box', type: { type: 'array', items: 'double', length: 2 } },
    { name: 'tags', type: { type: 'array', items: 'string' } },
    { name: 'sizes', type: { type: 'map', values: 'int' } },
    { name: 'maybe', type: ['null', 'string'] },
    { name: 'note', type: ['null', 'string'], default: null },
    { name: 'kind', type: 'string', default: 'plain' },
  ],
});
const valid =
  '{"flag":true,"count":-7,"total":9007199254740991,"ratio":0.5,"text":"héllo","level":"high","box":[1,2.5],' +
  '"tags":["a"],"sizes":{"x":1},"maybe":null,"note":"n","kind":"k"}';

/** The document in the middle of a slab, so that reading past either end is noticed. */
function inSlab(document: Buffer, after = ',"text":"x"}}]"'): [Buffer, number, number] {
  const slab = Buffer.concat([Buffer.from('{"count":1'), document, Buffer.from(after)]);
  return [slab, 10, 10 + document.length];
}

function decode(shape: RecordShape, document: string | Buffer): unknown {
  return compileJsonDecoder(shape)(...inSlab(Buffer.from(document)));
}

function outcome(run: () => unknown): unknown {
  try {
    return { value: run() };
  } catch (thrown) {
    if (!StreamError.is(thrown)) throw thrown;
    return { code: thrown.code, path: thrown.place.path };
  }
}

function with_(changes: Record<string, unknown>): string {
  return JSON.stringify({ ...(JSON.parse(valid) as object), ...changes });
}

describe('a compiled decoder', () => {
  test('builds the declared fields in schema order', () => {
    const value = decode(everything, valid) as object;
    expect(value).toStrictEqual(JSON.parse(valid));
    expect(Object.keys(value)).toEqual(everything.fields.map((field) => field.name));
  });

  test('takes keys in any order, with any white space and escapes', () => {
    const entries = Object.entries(JSON.parse(valid) as object).reverse();
    const spaced = JSON.stringify(Object.fromEntries(entries), null, 2).replace('"count"', '"c\\u006funt" \t\r\n');
    expect(decode(everything, ` ${spaced} \n`)).toStrictEqual(JSON.parse(valid));
  });

  test('skips undeclared fields of any form', () => {
    const more = with_({ z: [{ a: [[]], 'ключ"\\': 'é\u0001😀' }, 1e-9, -0, true, false, null, ''] });
    expect(decode(everything, more)).toStrictEqual(JSON.parse(valid));
  });

  test('fills in defaults and leaves absent and null optional fields undefined', () => {
    const { note: _note, kind: _kind, ...rest } = JSON.parse(valid) as Record<string, unknown>;
    const expected = { ...rest, note: undefined, kind: 'plain' };
    expect(decode(everything, JSON.stringify(rest))).toStrictEqual(expected);
    expect(decode(everything, JSON.stringify({ ...rest, note: null }))).toStrictEqual(expected);
  });

  test('a default that is a list is a new list each time', () => {
    const shape = parseSchema({
      type: 'record',
      name: 'R',
      fields: [{ name: 'list', type: { type: 'array', items: 'int' }, default: [1] }],
    });
    const first = decode(shape, '{}') as { list: number[] };
    first.list.push(2);
    expect(decode(shape, '{}')).toStrictEqual({ list: [1] });
  });

  test('the last of duplicate keys wins, also when the first is wrong', () => {
    expect(decode(everything, valid.replace('{', '{"count":1,'))).toMatchObject({ count: -7 });
    expect(decode(everything, valid.replace('{', '{"count":"one",'))).toMatchObject({ count: -7 });
  });

  test('reads a key of a map named __proto__ as data', () => {
    const value = decode(everything, valid.replace('{"x":1}', '{"__proto__":5}')) as { sizes: object };
    expect(Object.keys(value.sizes)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value.sizes)).toBe(Object.prototype);
  });

  test('reads the older name of a field', () => {
    const shape = parseSchema({
      type: 'record',
      name: 'R',
      fields: [{ name: 'cameraId', type: 'int', aliases: ['camera'] }],
    });
    expect(decode(shape, '{"camera":3}')).toStrictEqual({ cameraId: 3 });
    expect(decode(shape, '{"cameraId":4,"camera":3}')).toStrictEqual({ cameraId: 4 });
  });

  test('reads a record that contains itself, also when nested deeper than the stack', () => {
    const tree = parseSchema({
      type: 'record',
      name: 'Tree',
      fields: [{ name: 'children', type: { type: 'array', items: 'Tree' } }],
    });
    expect(decode(tree, '{"children":[{"children":[]}]}')).toStrictEqual({ children: [{ children: [] }] });
    const deep = `${'{"children":['.repeat(20_000)}${']}'.repeat(20_000)}`;
    expect(outcome(() => decode(tree, deep))).toMatchObject({ code: 'DECODE_FAILED' });
    const undeclared = `{"children":[],"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    expect(decode(tree, undeclared)).toStrictEqual({ children: [] });
  });

  test('reads more fields than fit one bit mask, and misses each of them', () => {
    const fields = Array.from({ length: 70 }, (_, i) => ({ name: `f${i}`, type: 'int' as const }));
    const shape = parseSchema({ type: 'record', name: 'Wide', fields });
    const value = Object.fromEntries(fields.map(({ name }, i) => [name, i]));
    expect(decode(shape, JSON.stringify(value))).toStrictEqual(value);
    for (const { name } of fields) {
      const missing = outcome(() => decode(shape, JSON.stringify({ ...value, [name]: undefined })));
      expect(missing).toEqual({ code: 'DECODE_FAILED', path: name });
    }
  });
});

describe('a compiled decoder refuses', () => {
  test.each([
    ['text', { text: 1 }],
    ['count', { count: 'one' }],
    ['count', { count: 2_147_483_648 }],
    ['count', { count: 1.5 }],
    ['count', { count: null }],
    ['total', { total: 2 ** 53 }],
    ['flag', { flag: 'true' }],
    ['level', { level: 'medium' }],
    ['box', { box: [1] }],
    ['box', { box: [1, 2, 3] }],
    ['box[1]', { box: [1, 'x'] }],
    ['tags[2]', { tags: ['a', 'b', 3] }],
    ['tags', { tags: {} }],
    ['sizes["y"]', { sizes: { x: 1, y: 0.5 } }],
    ['sizes', { sizes: [] }],
    ['maybe', { maybe: undefined }],
    ['note', { note: 5 }],
  ])('a wrong value at %s: %j', (path, changes) => {
    expect(outcome(() => decode(everything, with_(changes)))).toEqual({ code: 'DECODE_FAILED', path });
  });

  const syntax: [string, string][] = [
    ['nothing', ''],
    ['another value', '[1]'],
    ['a cut document', valid.slice(0, -1)],
    ['a comma at the end', valid.replace(/\}$/, ',}')],
    ['something after the value', `${valid}}`],
    ['a number with a leading zero', valid.replace('-7', '-07')],
    ['a number that ends in a point', valid.replace('0.5', '0.')],
    ['a number without digits', valid.replace('-7', '-')],
    ['a control character', valid.replace('héllo', 'h\u0001')],
    ['an unknown escape', valid.replace('héllo', '\\x')],
    ['an unknown escape in an undeclared field', valid.replace('{', '{"z":"\\u12g4",')],
    ['a number out of range', valid.replace('0.5', '1e999')],
    ['a byte order mark', `\ufeff${valid}`],
  ];
  test.each(syntax)('%s', (_what, document) => {
    expect(outcome(() => decode(everything, document))).toMatchObject({ code: 'DECODE_FAILED' });
  });

  test.each(['héllo', 'x'])('invalid UTF-8, declared or not (%s)', (where) => {
    const document = Buffer.from(valid.replace('{', '{"z":"x",').replace(where, '\u0001'));
    document[document.indexOf(1)] = 0xff;
    expect(outcome(() => decode(everything, document))).toMatchObject({ code: 'DECODE_FAILED' });
  });

  test('a record that the rest of the slab would complete', () => {
    const [head, tail] = [valid.slice(0, 60), valid.slice(60)];
    const run = (): unknown => compileJsonDecoder(everything)(...inSlab(Buffer.from(head), tail));
    expect(outcome(run)).toMatchObject({ code: 'DECODE_FAILED' });
  });

  test('with a message that names value, path and byte', () => {
    const document = Buffer.from(with_({ level: 'medium' }));
    const byte = `byte ${document.indexOf('"medium"')} of ${document.length}`;
    expect(() => decode(everything, document)).toThrow(
      `DECODE_FAILED: expected one of low, high, got "medium" (${byte}) at level.`,
    );
  });
});

test('of the sample frames exactly the nine broken lines are refused', () => {
  const bytes = readFileSync(new URL('../data/frames.jsonl', import.meta.url));
  const broken: number[] = [];
  let line = 0;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(10, start);
    try {
      const value = DetectionResult.decode(bytes, start, end);
      expect(value).toStrictEqual(JSON.parse(bytes.utf8Slice(start, end)));
    } catch (thrown) {
      if (!StreamError.is(thrown)) throw thrown;
      broken.push(line);
    }
    start = end + 1;
  }
  expect(line).toBe(300);
  expect(broken).toEqual([29, 51, 123, 130, 236, 237, 240, 252, 291]);
});

describe('against JSON.parse and a check', () => {
  test('numbers in any notation have the same value, sign of zero included', () => {
    const one = parseSchema({ type: 'record', name: 'One', fields: [{ name: 'n', type: 'double' }] });
    const digits = (maxLength: number): fc.Arbitrary<string> =>
      fc.string({ unit: fc.constantFrom('0', '1', '3', '5', '7', '9'), maxLength });
    const number = fc
      .tuple(
        fc.constantFrom('', '-'),
        digits(20),
        fc.constantFrom('', '.'),
        digits(20),
        fc.constantFrom('', 'e-7', 'E+3', 'e22'),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(number, (text) => {
        const document = `{"n":${text}}`;
        expect(outcome(() => decode(one, document))).toStrictEqual(
          outcome(() => referenceDecode(one, Buffer.from(document), 0, document.length)),
        );
      }),
      {
        numRuns: 2000,
        examples: [['-0'], ['0.1'], ['9007199254740993'], ['0.30000000000000004'], ['-0.0'], ['1e400'], ['']],
      },
    );
  });

  const cases = arbitrarySchema
    .map(parseSchema)
    .chain((shape) =>
      fc.record({ shape: fc.constant(shape), value: arbitraryRecord(shape), indent: fc.nat({ max: 2 }) }),
    );

  test('valid documents are walked without help and give the same value', () => {
    fc.assert(
      fc.property(cases, ({ shape, value, indent }) => {
        const document = Buffer.from(JSON.stringify(value, null, indent));
        const [slab, start, end] = inSlab(document);
        const walked = new JsonWalk(shape, undefined, new JsonScanner()).decode(slab, start, end);
        const expected = referenceDecode(shape, slab, start, end);
        // A map with the key __proto__ is the one form that is left to the reference.
        if (walked === refused) expect(document.includes('__proto__')).toBe(true);
        else expect(walked).toStrictEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test('mutated documents are accepted and refused alike', () => {
    const mutation = fc.record({
      at: fc.integer({ min: 0, max: 9_999 }),
      what: fc.constantFrom('replace', 'insert', 'delete', 'copy', 'cut'),
      byte: fc.oneof(
        fc.constantFrom(...Buffer.from('{}[]",:\\0123456789.eE+-tfnu \n\u0001')),
        fc.integer({ min: 0, max: 255 }),
      ),
      size: fc.integer({ min: 1, max: 12 }),
    });
    let accepted = 0;
    let refusedCount = 0;
    fc.assert(
      fc.property(cases, fc.array(mutation, { minLength: 1, maxLength: 2 }), ({ shape, value, indent }, mutations) => {
        let document = Buffer.from(JSON.stringify(value, null, indent));
        for (const { at, what, byte, size } of mutations) {
          const i = Math.floor((at / 10_000) * document.length);
          const [head, tail] = [document.subarray(0, i), document.subarray(i)];
          if (what === 'insert') document = Buffer.concat([head, Buffer.from([byte]), tail]);
          if (what === 'replace') document = Buffer.concat([head, Buffer.from([byte]), tail.subarray(1)]);
          if (what === 'delete') document = Buffer.concat([head, tail.subarray(size)]);
          if (what === 'copy') document = Buffer.concat([head, tail.subarray(0, size), tail]);
          if (what === 'cut') document = head;
        }
        const [slab, start, end] = inSlab(document);
        const walked = new JsonWalk(shape, undefined, new JsonScanner()).decode(slab, start, end);
        const expected = outcome(() => referenceDecode(shape, slab, start, end));
        if (walked === refused) refusedCount++;
        else {
          accepted++;
          expect({ value: walked }).toStrictEqual(expected);
        }
        expect(outcome(() => compileJsonDecoder(shape)(slab, start, end))).toStrictEqual(expected);
      }),
      { numRuns: 700 },
    );
    expect(accepted).toBeGreaterThan(20);
    expect(refusedCount).toBeGreaterThan(100);
  });
});
