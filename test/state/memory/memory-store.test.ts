import { describe, expect, test } from 'vitest';
import { ByteWriter } from '../../../src/core/byte-writer.ts';
import { RowBatch } from '../../../src/core/row-batch.ts';
import { MemoryStore } from '../../../src/state/memory/memory-store.ts';
import { storeSuite } from '../../../src/testing/suites/store-suite.ts';

describe('conformance', () => storeSuite({ test, expect }, { open: async () => new MemoryStore() }));

function row(key: string): RowBatch {
  const batch = new RowBatch(new ByteWriter());
  batch.putBytes(key, Buffer.from(key));
  return batch;
}

test('a power cut takes back what was written after the last sync', async () => {
  const store = new MemoryStore();
  await store.write([row('a')]);
  await store.write([row('b')], { sync: true });
  await store.write([row('c')]);
  await store.write([row('d')]);
  await store.close();
  store.crash(1);
  expect(['a', 'b', 'c', 'd'].map((key) => store.get(key)?.toString())).toEqual(['a', 'b', 'c', undefined]);
});

test('a failing write changes nothing', async () => {
  const store = new MemoryStore({
    onWrite: () => {
      throw new RangeError('full');
    },
  });
  await expect(store.write([row('a')])).rejects.toThrow('full');
  expect(store.get('a')).toBeUndefined();
});
