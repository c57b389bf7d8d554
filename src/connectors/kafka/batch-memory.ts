/**
 * Memory of fetched batches, used again once they are given back: fresh memory costs about as much as reading into it.
 * The system clears every page of it, and it lives until the garbage collector has gone over everything.
 *
 *   slab --> batches over it --hold--> reader's caller --recycle--> (last batch of the slab) --> slab
 */
import { columnBytes, emptyColumns, type Columns, type RecordBatch } from '../../core/record-batch.ts';
import { MemoryPool } from './memory-pool.ts';

/** Memory that several batches may lie in. */
export interface SharedSlab {
  readonly memory: ArrayBufferLike;
  /** How many have not been given back. */
  users: number;
}

export class BatchMemory {
  readonly #slabs = new MemoryPool();
  readonly #columns = new MemoryPool();
  /** The slabs of batches that were not given back yet. */
  readonly #held = new WeakMap<RecordBatch, SharedSlab | undefined>();

  slab(bytes: number): Buffer {
    return Buffer.from(this.#slabs.take(bytes), 0, bytes);
  }

  /** For so many records or more. */
  columns(count: number): Columns {
    const memory = this.#columns.take(count * columnBytes);
    return emptyColumns(Math.floor(memory.byteLength / columnBytes), memory);
  }

  /** `batch` will be given back. It lies in `slab`, or in memory that is not used again. */
  hold(batch: RecordBatch, slab?: SharedSlab): void {
    this.#held.set(batch, slab);
  }

  /** Nobody looks at the batch any more. Batches of others, and those that came back before, are left alone. */
  recycle(batch: RecordBatch): void {
    if (!this.#held.has(batch)) return;
    const slab = this.#held.get(batch);
    this.#held.delete(batch);
    this.#columns.giveBack(batch.offsets.buffer);
    if (slab !== undefined) this.leave(slab);
  }

  /** One of the slab's users is done. */
  leave(slab: SharedSlab): void {
    if (--slab.users === 0) this.#slabs.giveBack(slab.memory);
  }
}
