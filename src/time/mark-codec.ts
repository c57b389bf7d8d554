import type { Codec } from '../core/codec.ts';
import { decodeMark, encodeMark, type WatermarkMark } from './watermark-mark.ts';

/** Watermark marks as records of a repartition topic. */
export const markCodec: Codec<WatermarkMark> = {
  name: 'watermark-mark',
  version: 1,
  encode: encodeMark,
  decode: (bytes, start, end) => decodeMark(bytes, start, end),
};
