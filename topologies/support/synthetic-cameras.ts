/**
 * The synthetic cameras as an input: a partition per camera, offset = frame number. Because a frame follows from its
 * number and its number from the time, the feed behaves like a topic that somebody has always been writing: it has
 * bounds, reading a position again gives the same records, and a job that was away resumes at the frame it committed.
 *
 *       0 ........ start ................ end - 1 | end ...
 *       forgotten    kept for `retentionMs`       | not taken yet
 */
import type { GeneratedPartition, GeneratedRecord } from '../../src/index.ts';
import type { DetectionResult } from '../contracts.ts';
import { frameTimeMs, syntheticDetection } from './synthetic-detection.ts';
import type { SyntheticCameras } from './synthetic-detection.ts';

/** As long as `detection-results` keeps them. */
const retentionMs = 3_600_000;
/** Most records of one call. */
const batchSize = 256;

/** One partition per camera; partition p is camera p + 1. A position before the start begins at the start. */
export function syntheticPartitions(feed: SyntheticCameras): readonly GeneratedPartition<DetectionResult>[] {
  return Array.from({ length: feed.cameras }, (_, partition) => cameraPartition(feed, partition + 1));
}

function cameraPartition(feed: SyntheticCameras, camera: number): GeneratedPartition<DetectionResult> {
  const timeOf = (frame: number): number => frameTimeMs(feed, camera, frame);
  /** Number of frames taken up to and including `timeMs`. */
  const takenBy = (timeMs: number): number => Math.max(0, Math.floor((timeMs - timeOf(0)) / feed.intervalMs) + 1);
  const recordOf = (frame: number): GeneratedRecord<DetectionResult> => ({
    offset: frame,
    key: String(camera),
    value: syntheticDetection(feed, camera, frame),
    timestamp: timeOf(frame),
  });
  const bounds = (nowMs: number) => ({ start: takenBy(nowMs - retentionMs), end: takenBy(nowMs) });
  return {
    bounds,
    next(position, nowMs) {
      const { start, end } = bounds(nowMs);
      const first = Math.max(position, start);
      const stop = Math.max(first, Math.min(end, first + batchSize));
      const records = Array.from({ length: stop - first }, (_, i) => recordOf(first + i));
      return { records, waitMs: Math.max(0, timeOf(stop) - nowMs) };
    },
  };
}
