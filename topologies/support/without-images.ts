import type { DataStream } from '../../src/index.ts';
import { DetectionResult } from '../contracts.ts';

/**
 * The frames with empty group images. Merged records do not hold them, and they are the largest part of a frame: left
 * in, they would go through the exchange and lie in the state while the frame waits.
 */
export function withoutImages(frames: DataStream<DetectionResult>): DataStream<DetectionResult> {
  return frames.map(
    (frame) => ({
      ...frame,
      trafficGroups: frame.trafficGroups.map((group) => ({ ...group, groupImageBase64: '' })),
    }),
    { codec: DetectionResult },
  );
}
