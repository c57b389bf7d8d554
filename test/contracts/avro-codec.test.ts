import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AvroCodec, compileAvroReader, compileAvroWriter } from '../../src/contracts/avro-codec.ts';
import { AvroReader } from '../../src/contracts/avro-reader.ts';
import type { AvroSchema } from '../../src/contracts/avro-schema.ts';
import { AvscCodec } from '../../src/contracts/avsc-codec.ts';
import { parseSchema } from '../../src/contracts/parse-schema.ts';
import { ByteWriter } from '../../src/core/byte-writer.ts';
import { StreamError } from '../../src/core/stream-error.ts';
import { arbitraryRecord, arbitrarySchema } from './arbitrary-schema.ts';

const cases = arbitrarySchema.chain((schema) =>
  fc.record({ schema: fc.constant(schema), value: arbitraryRecord(parseSchema(schema)) }),
);

type Coder = Pick<AvroCodec, 'encode' | 'decode'>;

function encode(codec: Coder, value: unknown): Buffer {
  const out = new ByteWriter(1); // small, so that growing is exercised
  codec.encode(value, out);
  return out.take();
}

/** A value with the order of its keys, or the code and path of an error. */
function outcome(run: () => unknown): unknown {
  try {
    const value = run();
    return { value, text: JSON.stringify(value) };
  } catch (thrown) {
    if (!StreamError.is(thrown)) throw thrown;
    return [thrown.code, thrown.place.path, thrown.reason];
  }
}

function both(schema: AvroSchema): readonly [generated: AvroCodec, byAvsc: AvscCodec] {
  const shape = parseSchema(schema);
  return [new AvroCodec(shape), new AvscCodec(shape)];
}

function recordOf(...types: readonly AvroSchema[]): AvroSchema {
  return { type: 'record', name: 'R', fields: types.map((type, i) => ({ name: `f${i}`, type })) };
}

describe('generated Avro code', () => {
  test('writes the bytes that avsc writes, and reads what avsc reads', () => {
    fc.assert(
      fc.property(cases, ({ schema, value }) => {
        fc.pre(!/\\ud[89a-f]/.test(JSON.stringify(value))); // halves of surrogate pairs
        const [generated, byAvsc] = both(schema);
        const bytes = encode(byAvsc, value);
        expect(encode(generated, value)).toEqual(bytes);
        const slab = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('after')]);
        const end = slab.length - 5;
        expect(outcome(() => generated.decode(slab, 6, end))).toStrictEqual(outcome(() => byAvsc.decode(slab, 6, end)));
      }),
      { numRuns: 500 },
    );
  });

  test('takes them without avsc, but for numbers beyond 2^52 and the key __proto__', () => {
    fc.assert(
      fc.property(cases, ({ schema, value }) => {
        const text = JSON.stringify(value);
        fc.pre(!/[0-9]{16}|e\+|__proto__/.test(text) && !JSON.stringify(schema).includes('float'));
        const shape = parseSchema(schema);
        const out = new ByteWriter(1);
        compileAvroWriter(shape)(out, value);
        const reader = new AvroReader();
        reader.start(out.length);
        expect(compileAvroReader(shape)(out.buffer, 0, reader)).toStrictEqual(
          new AvscCodec(shape).decode(out.buffer, 0, out.length),
        );
        expect([reader.at, reader.doubtful]).toEqual([out.length, false]);
      }),
      { numRuns: 300 },
    );
  });

  test('never hangs on damaged bytes, and takes what avsc takes', () => {
    const damage = fc.record({
      at: fc.nat(),
      byte: fc.nat(255),
      kind: fc.constantFrom('set', 'cut', 'insert', 'drop'),
    });
    fc.assert(
      fc.property(cases, fc.array(damage, { minLength: 1, maxLength: 3 }), ({ schema, value }, damages) => {
        const [generated, byAvsc] = both(schema);
        let bytes = encode(byAvsc, value);
        for (const { at, byte, kind } of damages) {
          const place = at % (bytes.length + 1);
          const rest = bytes.subarray(kind === 'set' || kind === 'drop' ? place + 1 : place);
          const middle = kind === 'set' || kind === 'insert' ? [byte] : [];
          bytes = Buffer.concat([bytes.subarray(0, place), Buffer.from(middle), ...(kind === 'cut' ? [] : [rest])]);
        }
        const { length } = bytes;
        const result = outcome(() => generated.decode(bytes, 0, length));
        // It would run out of memory by what is refused at once.
        if (!Array.isArray(result)) expect(result).toStrictEqual(outcome(() => byAvsc.decode(bytes, 0, length)));
        else expect(result[0]).toBe('DECODE_FAILED');
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([0, -0, 63, 64, -64, -65, 8191, 8192, 2 ** 27, -(2 ** 27), 2 ** 28 - 1, 2 ** 31, -(2 ** 31) - 1, 2 ** 35])(
    'a long of %d',
    (number) => {
      const [generated, byAvsc] = both(recordOf('long'));
      const bytes = encode(generated, { f0: number });
      expect(bytes).toEqual(encode(byAvsc, { f0: number }));
      expect(generated.decode(bytes, 0, bytes.length)).toStrictEqual({ f0: number + 0 });
    },
  );

  test.each([52, 53].flatMap((bits) => [-3, -2, -1, 0].flatMap((d) => [2 ** bits + d, -(2 ** bits) - d])))(
    'a long near the limits: %d',
    (number) => {
      const [generated, byAvsc] = both(recordOf('long'));
      const bytes = outcome(() => encode(generated, { f0: number }));
      expect(bytes).toEqual(outcome(() => encode(byAvsc, { f0: number })));
      if (!Number.isSafeInteger(number)) return;
      const written = encode(generated, { f0: number });
      expect(generated.decode(written, 0, written.length)).toStrictEqual({ f0: number });
    },
  );

  test('reads blocks with a size in front, and several blocks', () => {
    const [generated] = both(recordOf({ type: 'array', items: 'int' }, { type: 'map', values: 'int' }));
    const bytes = Buffer.from([3, 4, 2, 4, 2, 6, 0, 2, 2, 97, 8, 2, 2, 98, 10, 0]);
    expect(generated.decode(bytes, 0, bytes.length)).toStrictEqual({ f0: [1, 2, 3], f1: { a: 4, b: 5 } });
  });

  test.each([
    ['items', [0xfe, 0xff, 0xff, 0xff, 0x0f]],
    ['items of a block with its size', [0xfd, 0xff, 0xff, 0xff, 0x0f, 2]],
    ['more items than a number can say', [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ['a text', [2, 0xfe, 0xff, 0xff, 0xff, 0x0f]],
    ['a text of negative length', [2, 1]],
  ])('refuses %s that there are no bytes for', (_, list) => {
    const strings = recordOf({ type: 'array', items: 'string' });
    const [generated] = both(strings);
    const newer = new AvroCodec(parseSchema(recordOf({ type: 'array', items: ['null', 'string'] })));
    const bytes = Buffer.from(list);
    for (const decode of [generated.decode, newer.decoderFor(strings)]) {
      expect(outcome(() => decode(bytes, 0, bytes.length))).toEqual([
        'DECODE_FAILED',
        undefined,
        'the Avro bytes end too early',
      ]);
    }
  });

  test('items without bytes', () => {
    const nothing: AvroSchema = { type: 'record', name: 'Nothing', fields: [] };
    const [generated, byAvsc] = both(recordOf({ type: 'array', items: nothing }));
    const value = { f0: Array.from({ length: 50 }, () => ({})) };
    const bytes = encode(generated, value);
    expect(bytes).toEqual(encode(byAvsc, value));
    expect(generated.decode(bytes, 0, bytes.length)).toStrictEqual(value);
  });

  test('a record that contains itself', () => {
    const tree: AvroSchema = {
      type: 'record',
      name: 'Tree',
      fields: [
        { name: 'name', type: 'string' },
        { name: 'children', type: { type: 'array', items: 'Tree' } },
        { name: 'next', type: ['Tree', 'null'] },
      ],
    };
    const [generated, byAvsc] = both(tree);
    const leaf = { name: 'leaf', children: [], next: null };
    const value = { name: 'root', children: [leaf, { ...leaf, next: leaf }], next: leaf };
    const bytes = encode(generated, value);
    expect(bytes).toEqual(encode(byAvsc, value));
    expect(generated.decode(bytes, 0, bytes.length)).toStrictEqual(value);
  });

  test('absent fields with a default, unknown symbols with one, and wrong values', () => {
    const schema: AvroSchema = {
      type: 'record',
      name: 'R',
      fields: [
        { name: 'kind', type: 'string', default: 'plain' },
        { name: 'level', type: { type: 'enum', name: 'Level', symbols: ['low', 'high'], default: 'low' } },
      ],
    };
    const [generated, byAvsc] = both(schema);
    for (const value of [{ level: 'high' }, { kind: 'k', level: 'none' }, { kind: 7, level: 'low' }, {}, null, []]) {
      expect(outcome(() => encode(generated, value))).toEqual(outcome(() => encode(byAvsc, value)));
    }
    expect(outcome(() => encode(generated, { kind: 7, level: 'low' }))).toEqual([
      'ENCODE_FAILED',
      'kind',
      'expected text, got 7',
    ]);
  });

  test('a wrong value leaves nothing behind in the writer', () => {
    const [generated] = both(recordOf('string', 'int'));
    const out = new ByteWriter();
    generated.encode({ f0: 'a', f1: 1 }, out);
    const { length } = out;
    expect(() => {
      generated.encode({ f0: 'b', f1: 'c' }, out);
    }).toThrow('ENCODE_FAILED');
    expect(out.length).toBe(length);
  });

  test('a schema that differs in its docs only is read as its own', () => {
    const [generated] = both(recordOf('long'));
    expect(generated.decoderFor({ ...(recordOf('long') as object), doc: 'documented' } as AvroSchema)).toBe(
      generated.decode,
    );
    expect(generated.decoderFor(recordOf('int'))).not.toBe(generated.decode);
  });
});
