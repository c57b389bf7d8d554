import fc from 'fast-check';
import type { AvroField, AvroSchema } from '../../src/contracts/avro-schema.ts';
import type { RecordShape, Shape } from '../../src/contracts/shape.ts';

type Make = (name: () => string) => AvroSchema;

const fieldName = fc.constantFrom('a', 'b', 'id', 'name', 'price', 'date_time', 'priced', 'extra', 'Z9', '_x', 'alpha');
const scalar = fc.constantFrom('boolean', 'int', 'long', 'float', 'double', 'string');

/** Short and long ASCII, escapes, control characters, every plane, lone surrogates. */
const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ minLength: 90, maxLength: 120 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.string({
    unit: fc.constantFrom('"', '\\', '\n', '\u0000', '\u007f', 'é', '节', '\ufffd', '😀', '\ud800', 'a'),
    maxLength: 8,
  }),
  fc.constantFrom('__proto__', 'toString', ''),
);

/** Record schemas of every supported kind, nested a few levels. Types get distinct names. */
export const arbitrarySchema: fc.Arbitrary<AvroSchema> = record(2).map((make) => {
  let count = 0;
  return make(() => `T${count++}`);
});

function type(depth: number): fc.Arbitrary<Make> {
  const plain: fc.Arbitrary<Make> = scalar.map((kind) => () => kind);
  const symbols = fc.uniqueArray(fc.constantFrom('none', 'low', 'lower', 'HIGH', 'a'), { minLength: 1 });
  const choice: fc.Arbitrary<Make> = symbols.map((list) => (name) => ({ type: 'enum', name: name(), symbols: list }));
  if (depth === 0) return fc.oneof({ weight: 4, arbitrary: plain }, choice);
  const inner = type(depth - 1);
  return fc.oneof(
    { weight: 4, arbitrary: plain },
    choice,
    inner.map((items) => (name: () => string) => ({ type: 'array', items: items(name) })),
    fc
      .tuple(inner, fc.integer({ min: 1, max: 4 }))
      .map(([items, length]) => (name: () => string) => ({ type: 'array', items: items(name), length })),
    inner.map((values) => (name: () => string) => ({ type: 'map', values: values(name) })),
    record(depth - 1),
  );
}

function record(depth: number): fc.Arbitrary<Make> {
  const field = fc.record({
    name: fieldName,
    of: type(depth),
    nullability: fc.constantFrom('no', 'no', 'null', 'optional'),
  });
  return fc.uniqueArray(field, { selector: ({ name }) => name, maxLength: 6 }).map((fields) => (name) => ({
    type: 'record',
    name: name(),
    fields: fields.map(({ name: key, of, nullability }): AvroField => {
      const made = of(name);
      if (nullability === 'no') return { name: key, type: made };
      return { name: key, type: ['null', made], ...(nullability === 'optional' ? { default: null } : {}) };
    }),
  }));
}

/** Values of a shape; optional fields are sometimes absent. */
export function arbitraryValue(shape: Shape): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'boolean':
      return fc.boolean();
    case 'int':
      return fc.integer();
    case 'long':
      return fc.oneof(fc.maxSafeInteger(), fc.integer({ min: 0, max: 99_999 }));
    case 'float':
    case 'double':
      return fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0), // JSON.stringify writes -0 as 0
        fc.integer(),
        fc.tuple(fc.integer(), fc.integer({ min: 0, max: 9 })).map(([digits, scale]) => digits / 10 ** scale),
      );
    case 'string':
      return text;
    case 'enum':
      return fc.constantFrom(...shape.symbols);
    case 'nullable':
      return fc.option(arbitraryValue(shape.of));
    case 'array':
      return fc.array(
        arbitraryValue(shape.items),
        shape.length === undefined ? { maxLength: 4 } : { minLength: shape.length, maxLength: shape.length },
      );
    case 'map':
      return fc.dictionary(text, arbitraryValue(shape.values), { maxKeys: 3, noNullPrototype: true });
    case 'record':
      return arbitraryRecord(shape);
  }
}

export function arbitraryRecord(shape: RecordShape): fc.Arbitrary<Record<string, unknown>> {
  const fields = shape.fields.map(({ name, shape: of, optional }) => {
    const inner = of.kind === 'nullable' && optional ? arbitraryValue(of.of) : arbitraryValue(of);
    return [name, optional ? fc.option(inner, { nil: undefined }) : inner] as const;
  });
  return fc.record(Object.fromEntries(fields), { noNullPrototype: true });
}
