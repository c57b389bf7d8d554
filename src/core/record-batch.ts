/**
 * Records of one partition as columns over one slab of bytes. Sources hand these on, the chain's first operator decodes
 * from the slab, and nothing allocates an object per record before a value is wanted.
 *
 *   slab       | ....key0value0..key1value1....            one Buffer, shared by all records
 *   keyStarts  | [ 4, 15 ]   keyEnds   [ 8, 19 ]           keyStarts[i] < 0: no key
 *   valueStarts| [ 8, 19 ]   valueEnds [ 14, 25 ]          valueStarts[i] < 0: null value (a tombstone), or NOT_READ
 *
 * A slab may be reused or be large: whoever keeps bytes beyond the call that got the batch copies them.
 */

/** In `valueStarts`: the value was too large to be read; `valueEnds` has its size. */
export const NOT_READ = -2;

export interface RecordHeader {
  readonly key: string;
  readonly value: Uint8Array;
}

export interface RecordBatch {
  readonly topic: string;
  readonly partition: number;
  readonly slab: Buffer;
  /** Number of records; the columns may be longer. */
  readonly count: number;
  /** Offset of each record, ascending, not always dense. */
  readonly offsets: Float64Array;
  /** Milliseconds since the epoch; NaN: none. */
  readonly timestamps: Float64Array;
  readonly keyStarts: Int32Array;
  readonly keyEnds: Int32Array;
  readonly valueStarts: Int32Array;
  readonly valueEnds: Int32Array;
  /** Start of the headers block of each record (Kafka v2 layout: varint count, then pairs); undefined: no record has any. */
  readonly headerStarts: Int32Array | undefined;
  /** Position after this batch: the offset to fetch next (skips control and aborted records). */
  readonly nextOffset: number;
}

/** A batch from prepared values (tests, drivers, files): keys and values are copied into one slab. */
export function recordBatchOf(
  topic: string,
  partition: number,
  firstOffset: number,
  records: readonly { key?: Uint8Array | null; value: Uint8Array | null; timestamp?: number }[],
): RecordBatch {
  const count = records.length;
  const slab = Buffer.concat(records.flatMap(({ key, value }) => [key ?? Buffer.alloc(0), value ?? Buffer.alloc(0)]));
  const batch = emptyColumns(count);
  let at = 0;
  records.forEach(({ key, value, timestamp }, i) => {
    batch.offsets[i] = firstOffset + i;
    batch.timestamps[i] = timestamp ?? NaN;
    batch.keyStarts[i] = key == null ? -1 : at;
    at += key?.length ?? 0;
    batch.keyEnds[i] = key == null ? -1 : at;
    batch.valueStarts[i] = value === null ? -1 : at;
    at += value?.length ?? 0;
    batch.valueEnds[i] = value === null ? -1 : at;
  });
  return { topic, partition, slab, count, ...batch, headerStarts: undefined, nextOffset: firstOffset + count };
}

/** Fresh columns for `count` records. */
export function emptyColumns(
  count: number,
): Pick<RecordBatch, 'offsets' | 'timestamps' | 'keyStarts' | 'keyEnds' | 'valueStarts' | 'valueEnds'> {
  return {
    offsets: new Float64Array(count),
    timestamps: new Float64Array(count),
    keyStarts: new Int32Array(count),
    keyEnds: new Int32Array(count),
    valueStarts: new Int32Array(count),
    valueEnds: new Int32Array(count),
  };
}
