import { describe, expect, test } from 'vitest';
import type { AvroSchema } from '../../src/contracts/avro-schema.ts';
import { contract } from '../../src/contracts/contract.ts';
import { MemoryRegistry } from '../../src/contracts/memory-registry.ts';
import { registered } from '../../src/contracts/registered.ts';
import { ByteWriter } from '../../src/core/byte-writer.ts';
import { bidV1, bidV2, type Bid } from './bid-schemas.ts';

function written(encode: (out: ByteWriter) => void): Buffer {
  const out = new ByteWriter();
  encode(out);
  return out.take();
}

describe('a registered contract', () => {
  test('frames Avro with a zero byte and the schema id', async () => {
    const registry = new MemoryRegistry();
    await registry.idFor('other', { type: 'record', name: 'Other', fields: [] });
    const codec = await registered(contract<Bid>(bidV1), registry, 'bids-value');
    const bytes = written((out) => codec.encode({ auction: 3 }, out));
    expect([...bytes]).toEqual([0, 0, 0, 0, 2, 6]);
    expect(codec.decode(bytes, 0, bytes.length)).toStrictEqual({ auction: 3 });
  });

  test('reads records of an older writer after asking for their schema once', async () => {
    const registry = new MemoryRegistry();
    const writer = await registered(contract<Bid>(bidV1), registry, 'bids-value');
    const reader = await registered(contract<Bid>(bidV2), registry, 'bids-value');
    const bytes = written((out) => writer.encode({ auction: 3 }, out));
    expect(() => reader.decode(bytes, 0, bytes.length)).toThrow('SCHEMA_UNKNOWN');
    const waiting = reader.prepare(bytes, 0, bytes.length);
    expect(reader.prepare(bytes, 0, bytes.length)).toBe(waiting);
    await waiting;
    expect(reader.prepare(bytes, 0, bytes.length)).toBeUndefined();
    expect(reader.decode(bytes, 0, bytes.length)).toStrictEqual({ auction: 3, price: undefined });
  });

  test('refuses ids that nobody registered and records without a frame', async () => {
    const codec = await registered(contract<Bid>(bidV1), new MemoryRegistry(), 'bids-value');
    const foreign = Buffer.from([0, 0, 0, 0, 9, 6]);
    await codec.prepare(foreign, 0, foreign.length);
    expect(() => codec.decode(foreign, 0, foreign.length)).toThrow('SCHEMA_UNKNOWN: no schema has the id 9');
    const plain = Buffer.from('{"auction":3}');
    expect(codec.prepare(plain, 0, plain.length)).toBeUndefined();
    expect(() => codec.decode(plain, 0, plain.length)).toThrow('DECODE_FAILED');
  });

  test('leaves nothing behind when a value cannot be encoded', async () => {
    const codec = await registered(contract<Bid>(bidV1), new MemoryRegistry(), 'bids-value');
    const out = new ByteWriter();
    expect(() => codec.encode({ auction: 0.5 }, out)).toThrow('ENCODE_FAILED');
    expect(out.length).toBe(0);
  });
});

describe('the registry in memory', () => {
  test('gives equal schemas one id and refuses incompatible ones', async () => {
    const registry = new MemoryRegistry();
    expect(await registry.idFor('a', bidV1)).toBe(1);
    expect(await registry.idFor('b', bidV1)).toBe(1);
    expect(await registry.idFor('a', bidV2)).toBe(2);
    expect(await registry.check('a', bidV1)).toEqual([{ path: 'auction', reason: 'was long, is int' }]);
    const broken: AvroSchema = { type: 'record', name: 'Bid', fields: [{ name: 'auction', type: 'string' }] };
    await expect(registry.idFor('a', broken)).rejects.toThrow('CONTRACT_INCOMPATIBLE: a (BACKWARD): auction was long');
  });
});
