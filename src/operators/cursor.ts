import type { Codec } from '../core/codec.ts';
import type { Key } from '../core/partitioner.ts';
import type { RecordHeader } from '../core/record-batch.ts';

/**
 * Columns of the record that is being processed: one cursor per worker, set by whoever starts an invocation (a source, a
 * timer, a finished call) and read by every operator behind it. Operators that need a column after emitting copy it.
 *
 * Lineage (topic, partition, offset) says which input a value came from: for error messages, dead letters and call ids.
 */
export class Cursor {
  /** Event time, ms; NaN: none. */
  timestamp = NaN;
  /** Key set by the last exchange. */
  key: Key = '';
  topic = '';
  partition = 0;
  /** Offset in the input; -1 when the value stems from a timer. */
  offset = -1;

  /** Trace of the record, which what is written because of it carries on; undefined: none, as for timers. */
  trace: readonly RecordHeader[] | undefined = undefined;

  // The decoded value and the bytes it came from: a sink of the same codec forwards the bytes of an unchanged value.
  raw: unknown = undefined;
  rawCodec: Codec<unknown> | undefined = undefined;
  rawSlab: Buffer = Buffer.alloc(0);
  rawStart = 0;
  rawEnd = 0;

  /** Forgets the input bytes, so that values made by timers and calls are not taken for an unchanged input. */
  detach(): void {
    this.raw = undefined;
    this.rawCodec = undefined;
    this.trace = undefined;
    this.offset = -1;
  }
}
