/**
 * Records of one partition as columns over one slab of bytes. Sources hand these on, the chain's first operator decodes
 * from the slab, and nothing allocates an object per record before a value is wanted.
 *
 *   slab       | ....key0value0..key1value1....            one Buffer, shared by all records
 *   keyStarts  | [ 4, 15 ]   keyEnds   [ 8, 19 ]           keyStarts[i] < 0: no key
 *   valueStarts| [ 8, 19 ]   valueEnds [ 14, 25 ]          valueStarts[i] < 0: null value (a tombstone), or NOT_READ
 *
 * Slab and columns are used again once the batch was given back (LogReader.recycle): whoever keeps bytes longer copies them.
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

/** The columns of a batch that is being made. */
export type Columns = Pick<
  RecordBatch,
  'offsets' | 'timestamps' | 'keyStarts' | 'keyEnds' | 'valueStarts' | 'valueEnds'
> & { readonly headerStarts: Int32Array };

/** Of the columns, a record. */
export const columnBytes = 36;

/** Columns for `count` records in one piece of memory, which are as they find it. Default: fresh memory, all zeros. */
export function emptyColumns(count: number, memory = new ArrayBuffer(count * columnBytes)): Columns {
  const int32 = (column: number): Int32Array => new Int32Array(memory, count * (16 + 4 * column), count);
  return {
    offsets: new Float64Array(memory, 0, count),
    timestamps: new Float64Array(memory, count * 8, count),
    keyStarts: int32(0),
    keyEnds: int32(1),
    valueStarts: int32(2),
    valueEnds: int32(3),
    headerStarts: int32(4),
  };
}
