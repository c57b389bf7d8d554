/**
 * The in-flight log: what an async operator has taken in and not yet given out, in arrival order. Each entry is a row of
 * the task's state from the commit after its arrival until the commit after its result was emitted, so a restart calls
 * again exactly what had no visible result. Watermarks stand in the log too: they keep their place among the elements.
 */
import type { ByteWriter } from '../core/byte-writer.ts';
import { ByteReader } from '../core/byte-reader.ts';
import type { Codec } from '../core/codec.ts';
import type { Key } from '../core/partitioner.ts';

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
}

export interface InFlightWatermark {
  readonly kind: 'watermark';
  readonly time: number;
}

export type InFlight = InFlightElement | InFlightWatermark;

/** Codec of log rows over the codec of the operator's input. */
export function inFlightCodec(input: Codec<unknown>): Codec<InFlight> {
  return {
    name: `in-flight(${input.name})`,
    version: input.version,
    encode(entry, out: ByteWriter) {
      if (entry.kind === 'watermark') {
        out.byte(0);
        out.float64(entry.time);
        return;
      }
      out.byte(typeof entry.key === 'number' ? 2 : 1);
      out.sizedText(String(entry.key));
      out.float64(entry.timestamp);
      out.sizedText(entry.callId);
      out.varuint(entry.attempt);
      out.varuint(Math.round(entry.firstStart));
      out.sizedText(entry.topic);
      out.varuint(entry.partition);
      out.varint(entry.offset);
      input.encode(entry.value, out);
    },
    decode(bytes, start, end, version) {
      const reader = new ByteReader(bytes, start, end);
      const tag = reader.byte();
      if (tag === 0) return { kind: 'watermark', time: reader.float64() };
      const key = reader.sizedText();
      return {
        kind: 'element',
        key: tag === 2 ? Number(key) : key,
        timestamp: reader.float64(),
        callId: reader.sizedText(),
        attempt: reader.varuint(),
        firstStart: reader.varuint(),
        topic: reader.sizedText(),
        partition: reader.varuint(),
        offset: reader.varint(),
        value: input.decode(bytes, reader.position, end, version),
      };
    },
  };
}
