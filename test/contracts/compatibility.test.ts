import { describe, expect, test } from 'vitest';
import type { AvroField, AvroSchema } from '../../src/contracts/avro-schema.ts';
import { checkCompatibility, checkEvolution } from '../../src/contracts/compatibility.ts';

function record(...fields: AvroField[]): AvroSchema {
  return { type: 'record', name: 'R', fields };
}
const field = (type: AvroSchema, more: Partial<AvroField> = {}): AvroField => ({ name: 'f', type, ...more });
const level = (...symbols: string[]): AvroSchema => ({ type: 'enum', name: 'Level', symbols });
const list = (items: AvroSchema, length?: number): AvroSchema => ({
  type: 'array',
  items,
  ...(length === undefined ? {} : { length }),
});

describe('a reader can read a writer', () => {
  test.each<[string, AvroSchema, AvroSchema]>([
    ['the same', record(field('int')), record(field('int'))],
    ['a removed field', record(), record(field('int'))],
    ['a new field with a default', record(field('int', { default: 0 })), record()],
    ['a new optional field', record(field(['null', 'int'], { default: null })), record()],
    ['a wider number', record(field('double')), record(field('int'))],
    ['a renamed field with an alias', record(field('int', { aliases: ['g'] })), record({ name: 'g', type: 'int' })],
    ['now nullable', record(field(['null', 'int'])), record(field('int'))],
    ['more symbols', record(field(level('a', 'b'))), record(field(level('a')))],
    ['any length', record(field(list('int'))), record(field(list('int', 2)))],
    [
      'itself inside of itself',
      record(field(['null', 'R'], { default: null })),
      record(field(['null', 'R'], { default: null })),
    ],
  ])('%s', (_what, reader, writer) => {
    expect(checkCompatibility(reader, writer)).toEqual([]);
  });
});

describe('a reader cannot read a writer', () => {
  test.each<[string, AvroSchema, AvroSchema]>([
    ['f is new and has no default', record(field('int')), record()],
    ['f was long, is int', record(field('int')), record(field('long'))],
    ['f was nullable, is not any more', record(field('int')), record(field(['null', 'int']))],
    [
      'f may be absent, and has no default',
      record(field(['null', 'int'])),
      record(field(['null', 'int'], { default: null })),
    ],
    ['f b cannot be read, and the enum has no default', record(field(level('a'))), record(field(level('a', 'b')))],
    ['f has 2 items now, had any number', record(field(list('int', 2))), record(field(list('int')))],
    ['f[] was string, is int', record(field(list('int'))), record(field(list('string')))],
    [
      'f{} was string, is int',
      record(field({ type: 'map', values: 'int' })),
      record(field({ type: 'map', values: 'string' })),
    ],
    [' was named Q, is R without an alias', record(), { type: 'record', name: 'Q', fields: [] }],
  ])('%s', (message, reader, writer) => {
    expect(checkCompatibility(reader, writer).map(({ path, reason }) => `${path} ${reason}`)).toEqual([message]);
  });
});

describe('evolution', () => {
  const v1 = record({ name: 'a', type: 'int' });
  const v2 = record({ name: 'b', type: 'int', default: 0 }); // reads v1; v1 cannot read it
  const v3 = record({ name: 'b', type: 'int' }); // reads v2, not v1

  test('BACKWARD looks at the last version, BACKWARD_TRANSITIVE at all', () => {
    expect(checkEvolution('BACKWARD', v3, [v1, v2])).toEqual([]);
    expect(checkEvolution('BACKWARD_TRANSITIVE', v3, [v1, v2])).toEqual([
      { path: 'b', reason: 'is new and has no default' },
    ]);
  });

  test('FORWARD asks whether the old reads the new, FULL both', () => {
    expect(checkEvolution('BACKWARD', v2, [v1])).toEqual([]);
    expect(checkEvolution('FORWARD', v2, [v1])).toEqual([{ path: 'a', reason: 'is new and has no default' }]);
    expect(checkEvolution('FULL', v2, [v1])).toHaveLength(1);
    expect(checkEvolution('FORWARD_TRANSITIVE', v2, [v2, v1])).toHaveLength(1);
    expect(checkEvolution('NONE', v2, [v1])).toEqual([]);
    expect(checkEvolution('FULL', v2, [])).toEqual([]);
  });
});
