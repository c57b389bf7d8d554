/**
 * The synthetic cameras as an input: a partition per camera, offset = frame number. Because a frame follows from its
 * number and its number from the time, the feed behaves like a topic that somebody has always been writing: it has
 * bounds, reading a position again gives the same records, and a job that was away resumes at the frame it committed.
 *
 *       0 ........ start ................ end - 1 | end ...
 *       forgotten    kept for `retentionMs`       | not taken yet
 */
import type { DetectionResult } from '../contracts.ts';
import { frameTimeMs, syntheticDetection } from './synthetic-detection.ts';
import type { SyntheticCameras } from './synthetic-detection.ts';

export interface GeneratedRecord {
  readonly offset: number;
  readonly key: string;
  readonly value: DetectionResult;
  /** When the frame was taken, milliseconds since the epoch. */
  readonly timestamp: number;
}

export interface GeneratedPartition {
  /** First offset that can still be read, and the offset of the next frame to be taken. */
  bounds(nowMs: number): { readonly start: number; readonly end: number };
  /**
   * Records at or after `position` that exist by now (a position before the start begins there), at most `limit`; and
   * how long to wait for the one after them, 0 when it is there.
   */
  next(
    position: number,
    nowMs: number,
    limit?: number,
  ): { readonly records: GeneratedRecord[]; readonly waitMs: number };
}

/** As long as `detection-results` keeps them. */
const retentionMs = 3_600_000;

/** One partition per camera; partition p is camera p + 1. */
export function syntheticPartitions(feed: SyntheticCameras): readonly GeneratedPartition[] {
  return Array.from({ length: feed.cameras }, (_, partition) => cameraPartition(feed, partition + 1));
}

function cameraPartition(feed: SyntheticCameras, camera: number): GeneratedPartition {
  const timeOf = (frame: number): number => frameTimeMs(feed, camera, frame);
  /** Number of frames taken up to and including `timeMs`. */
  const takenBy = (timeMs: number): number => Math.max(0, Math.floor((timeMs - timeOf(0)) / feed.intervalMs) + 1);
  const bounds: GeneratedPartition['bounds'] = (nowMs) => ({
    start: takenBy(nowMs - retentionMs),
    end: takenBy(nowMs),
  });
  return {
    bounds,
    next(position, nowMs, limit = 256) {
      const { start, end } = bounds(nowMs);
      const first = Math.max(position, start);
      const stop = Math.min(end, first + limit);
      const records: GeneratedRecord[] = [];
      for (let frame = first; frame < stop; frame++) {
        const value = syntheticDetection(feed, camera, frame);
        records.push({ offset: frame, key: String(camera), value, timestamp: timeOf(frame) });
      }
      return { records, waitMs: Math.max(0, timeOf(Math.max(first, stop)) - nowMs) };
    },
  };
}
