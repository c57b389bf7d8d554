import type { RecordBatch } from '../../../core/record-batch.ts';
import { PLACES, SLACK, type PlacedRows } from './row-places.ts';
import { MOST_ROWS } from './sort-rows.ts';

/** Bytes of keys and values, with what lies between them in the changelog. */
const capacity = 24 * 1024 * 1024;
const mostRows = Math.min(MOST_ROWS, 2 ** 19);

export interface SharedRows {
  readonly bytes: SharedArrayBuffer;
  readonly places: SharedArrayBuffer;
}

/** Rows on their way into a table, in memory that the loader thread sees as well. */
export class RowBuffer {
  readonly memory: SharedRows = {
    bytes: new SharedArrayBuffer(capacity + SLACK),
    places: new SharedArrayBuffer(4 * PLACES * mostRows),
  };
  readonly #bytes = Buffer.from(this.memory.bytes);
  readonly #places = new Int32Array(this.memory.places);
  #count = 0;
  #length = 0;

  get count(): number {
    return this.#count;
  }

  get byteLength(): number {
    return this.#length;
  }

  clear(): void {
    this.#count = 0;
    this.#length = 0;
  }

  /** Whether the records of a batch fit into an empty buffer. */
  static hasRoomFor({ count }: RecordBatch, { from, to }: Extent): boolean {
    return to - from + 7 <= capacity && count <= mostRows;
  }

  /** Copies the records of a batch, which lie in `extent`; false: they do not fit, none was taken. */
  add(batch: RecordBatch, { from, to }: Extent): boolean {
    const { slab, count, keyStarts, keyEnds, valueStarts, valueEnds } = batch;
    // Shared memory is copied to eight bytes at a time only where both sides are aligned alike, and else one by one.
    const start = this.#length + ((slab.byteOffset + from - this.#length) & 7);
    if (start + to - from > capacity || this.#count + count > mostRows) return false;
    const base = start - from;
    slab.copy(this.#bytes, start, from, to);
    const places = this.#places;
    let at = PLACES * this.#count;
    for (let i = 0; i < count; i++) {
      const value = valueStarts[i]!;
      places[at++] = base + keyStarts[i]!;
      places[at++] = base + keyEnds[i]!;
      places[at++] = value < 0 ? -1 : base + value;
      places[at++] = value < 0 ? -1 : base + valueEnds[i]!;
    }
    this.#count += count;
    this.#length = start + to - from;
    return true;
  }
}

/** A copy of rows in memory of this thread's own, which is read several times as fast. Valid until the next call. */
export class RowCopy {
  readonly #bytes = Buffer.allocUnsafeSlow(capacity + SLACK);
  readonly #places = new Int32Array(PLACES * mostRows);

  take({ bytes, places }: SharedRows, count: number, byteLength: number): PlacedRows {
    this.#bytes.set(new Uint8Array(bytes, 0, byteLength));
    this.#places.set(new Int32Array(places, 0, PLACES * count));
    return { bytes: this.#bytes, count, places: this.#places };
  }
}

/** A part of a batch's slab. */
export interface Extent {
  readonly from: number;
  readonly to: number;
}

/** Where in the slab the keys and values of the batch are. */
export function extentOf({ slab, count, keyStarts, keyEnds, valueStarts, valueEnds }: RecordBatch): Extent {
  let from = slab.length;
  let to = 0;
  for (let i = 0; i < count; i++) {
    from = Math.min(from, keyStarts[i]!);
    to = Math.max(to, valueStarts[i]! < 0 ? keyEnds[i]! : valueEnds[i]!);
  }
  return { from: Math.min(from, to), to };
}
