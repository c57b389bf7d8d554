/**
 * The in-flight log: what an async operator has taken in and not yet given out, in arrival order. Each entry is a row of
 * the task's state from the commit after its arrival until the commit after its result was emitted, so a restart calls
 * again exactly what had no visible result. Watermarks stand in the log too: they keep their place among the elements.
 */
import type { ByteWriter } from '../core/byte-writer.ts';
import { ByteReader } from '../core/byte-reader.ts';
import type { Codec } from '../core/codec.ts';
import type { Key } from '../core/partitioner.ts';
import type { RecordHeader } from '../core/record-batch.ts';

export interface InFlightElement {
  readonly kind: 'element';
  readonly value: unknown;
  readonly key: Key;
  /** Event time; NaN: none. */
  readonly timestamp: number;
  readonly callId: string;
  /** Attempts begun so far. */
  readonly attempt: number;
  /** Wall time of the first attempt, ms; 0: not started. */
  readonly firstStart: number;
  // Lineage, for messages and dead letters.
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Trace of the record it came from; undefined: none. */
  readonly trace: readonly RecordHeader[] | undefined;
}

export interface InFlightWatermark {
  readonly kind: 'watermark';
  readonly time: number;
}

export type InFlight = InFlightElement | InFlightWatermark;

/**
 * First byte of a row. An element with a trace has its headers behind the offset.
 *
 *   0 watermark   1 element, text key   2 element, number key   3 and 4: as 1 and 2, with a trace
 */
const watermarkTag = 0;
const textTag = 1;
const numberTag = 2;
/** Added to the tag of an element with a trace. */
const traceOffset = 2;

/** Codec of log rows over the codec of the operator's input. */
export function inFlightCodec(input: Codec<unknown>): Codec<InFlight> {
  return {
    name: `in-flight(${input.name})`,
    version: input.version,
    encode(entry, out: ByteWriter) {
      if (entry.kind === 'watermark') {
        out.byte(watermarkTag);
        out.float64(entry.time);
        return;
      }
      const { trace } = entry;
      out.byte((typeof entry.key === 'number' ? numberTag : textTag) + (trace === undefined ? 0 : traceOffset));
      out.sizedText(String(entry.key));
      out.float64(entry.timestamp);
      out.sizedText(entry.callId);
      out.varuint(entry.attempt);
      out.varuint(Math.round(entry.firstStart));
      out.sizedText(entry.topic);
      out.varuint(entry.partition);
      out.varint(entry.offset);
      if (trace !== undefined) encodeTrace(trace, out);
      input.encode(entry.value, out);
    },
    decode(bytes, start, end, version) {
      const reader = new ByteReader(bytes, start, end);
      const tag = reader.byte();
      if (tag === watermarkTag) return { kind: 'watermark', time: reader.float64() };
      const key = reader.sizedText();
      return {
        kind: 'element',
        key: (tag - textTag) % traceOffset === 0 ? key : Number(key),
        timestamp: reader.float64(),
        callId: reader.sizedText(),
        attempt: reader.varuint(),
        firstStart: reader.varuint(),
        topic: reader.sizedText(),
        partition: reader.varuint(),
        offset: reader.varint(),
        trace: tag > traceOffset ? decodeTrace(reader) : undefined,
        value: input.decode(bytes, reader.position, end, version),
      };
    },
  };
}

function encodeTrace(trace: readonly RecordHeader[], out: ByteWriter): void {
  out.varuint(trace.length);
  for (const { key, value } of trace) {
    out.sizedText(key);
    out.sizedBytes(value);
  }
}

function decodeTrace(reader: ByteReader): readonly RecordHeader[] {
  return Array.from({ length: reader.varuint() }, () => ({
    key: reader.sizedText(),
    value: new Uint8Array(reader.sizedBytes()), // a copy: it outlives the row
  }));
}
