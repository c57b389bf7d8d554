/**
 * The in-band watermark record of an exchange: who says it, how many say it, up to where event time is complete, and
 * whether the sender is idle (then its watermark does not hold the minimum back).
 *
 *   varuint upstream | varuint upstreamCount | byte flags (1 = idle) | float64 watermark
 */
import { ByteReader } from '../core/byte-reader.ts';
import type { ByteWriter } from '../core/byte-writer.ts';

export interface WatermarkMark {
  readonly upstream: number;
  readonly upstreamCount: number;
  /** -Infinity: not known yet; Infinity: the input ended. */
  readonly watermark: number;
  readonly idle: boolean;
}

export function encodeMark(mark: WatermarkMark, out: ByteWriter): void {
  out.varuint(mark.upstream);
  out.varuint(mark.upstreamCount);
  out.byte(mark.idle ? 1 : 0);
  out.float64(mark.watermark);
}

export function decodeMark(bytes: Uint8Array, start = 0, end: number = bytes.length): WatermarkMark {
  const reader = new ByteReader(bytes, start, end);
  const upstream = reader.varuint();
  const upstreamCount = reader.varuint();
  const idle = reader.byte() === 1;
  return { upstream, upstreamCount, watermark: reader.float64(), idle };
}
