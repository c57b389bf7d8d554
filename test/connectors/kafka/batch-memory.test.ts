import { describe, expect, test } from 'vitest';
import { BatchMemory, type SharedSlab } from '../../../src/connectors/kafka/batch-memory.ts';
import { MemoryPool } from '../../../src/connectors/kafka/memory-pool.ts';
import { emptyColumns, type Columns, type RecordBatch } from '../../../src/core/record-batch.ts';

const kib = 1024;

describe('MemoryPool', () => {
  test('gives the smallest piece that is large enough', () => {
    const pool = new MemoryPool();
    const [small, large] = [pool.take(20 * kib), pool.take(200 * kib)];
    pool.giveBack(large);
    pool.giveBack(small);
    expect(pool.take(18 * kib)).toBe(small);
    expect(pool.take(18 * kib)).toBe(large);
    expect([small, large]).not.toContain(pool.take(18 * kib));
  });

  test('keeps no small pieces, no pieces of others, and none twice', () => {
    const pool = new MemoryPool();
    const small = pool.take(100);
    pool.giveBack(small);
    expect(small.byteLength).toBe(100);
    expect(pool.take(100)).not.toBe(small);
    const foreign = new ArrayBuffer(64 * kib);
    pool.giveBack(foreign);
    expect(pool.take(64 * kib)).not.toBe(foreign);
    const own = pool.take(64 * kib);
    pool.giveBack(own);
    pool.giveBack(own);
    expect([pool.take(64 * kib), pool.take(64 * kib)].filter((each) => each === own)).toEqual([own]);
  });

  test('keeps the largest of few pieces', () => {
    const pool = new MemoryPool();
    const pieces = [20, 30, 40, 50, 60, 70].map((size) => pool.take(size * kib));
    for (const piece of pieces) pool.giveBack(piece);
    const again = [20, 30, 40, 50, 60, 70].map((size) => pool.take(size * kib));
    expect(again.map((piece) => pieces.indexOf(piece))).toEqual([2, 3, 4, 5, -1, -1]);
  });
});

describe('BatchMemory', () => {
  function batchOf(columns: Columns, slab: Buffer): RecordBatch {
    return { topic: 't', partition: 0, slab, count: 0, ...columns, nextOffset: 0 };
  }

  test('gives columns of that many records, which do not overlap', () => {
    const memory = new BatchMemory();
    const columns = memory.columns(1_000);
    const all = Object.values<Float64Array | Int32Array>(columns);
    for (const [i, column] of all.entries()) column.fill(i + 1);
    expect(all.map((column) => column.length >= 1_000 && new Set(column).size)).toEqual(all.map(() => 1));
    expect(all.map((column) => column[0])).toEqual(all.map((_, i) => i + 1));
    expect(Object.keys(emptyColumns(0))).toEqual(Object.keys(columns));
  });

  test('uses a slab again when its last batch has come back', () => {
    const memory = new BatchMemory();
    const slab = memory.slab(100 * kib);
    expect(slab.length).toBe(100 * kib);
    const shared: SharedSlab = { memory: slab.buffer, users: 2 };
    const batches = [1, 2].map(() => batchOf(memory.columns(10), slab));
    for (const batch of batches) memory.hold(batch, shared);
    memory.recycle(batches[0]!);
    memory.recycle(batches[0]!);
    expect(memory.slab(100 * kib).buffer).not.toBe(slab.buffer);
    memory.recycle(batches[1]!);
    expect(memory.slab(100 * kib).buffer).toBe(slab.buffer);
  });

  test('leaves batches of others alone', () => {
    const memory = new BatchMemory();
    const other = new BatchMemory();
    const slab = other.slab(100 * kib);
    const batch = batchOf(other.columns(1_000), slab);
    other.hold(batch, { memory: slab.buffer, users: 1 });
    memory.recycle(batch);
    expect(memory.slab(100 * kib).buffer).not.toBe(slab.buffer);
    expect(memory.columns(1_000).offsets.buffer).not.toBe(batch.offsets.buffer);
  });
});
