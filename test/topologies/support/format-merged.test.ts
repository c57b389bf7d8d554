import { describe, expect, it } from 'vitest';
import { formatMerged } from '../../../topologies/support/format-merged.ts';
import { mergeFrame } from '../../../topologies/support/merge-frame.ts';
import { assessmentOf, failedAssessmentOf, frameOf } from './frames.ts';

const nowMs = Date.UTC(2025, 9, 20, 10, 30, 45, 165);
const line = (...args: Parameters<typeof mergeFrame>) => formatMerged(mergeFrame(...args), { color: false, nowMs });

describe('formatMerged', () => {
  it('is one line with time, camera, level, groups, risk types and how long the frame took', () => {
    const answers = [assessmentOf('f', 1, 'high'), assessmentOf('f', 2)];
    expect(line(frameOf('f', [2, 2, 1]), answers, 2)).toBe(
      '10:30:45.123  camera 1   high    3 groups, 2 of 2 assessed  tailgating  42 ms',
    );
  });

  it('says when a frame is incomplete or assessments failed', () => {
    expect(line(frameOf('f', [2, 2]), [failedAssessmentOf('f', 1, 'timed out')], 2)).toBe(
      '10:30:45.123  camera 1   none    2 groups, 1 of 2 assessed  incomplete  1 failed  42 ms',
    );
  });

  it('colours the level', () => {
    expect(formatMerged(mergeFrame(frameOf('f', []), [], 2), { color: true, nowMs })).toBe(
      '10:30:45.123  camera 1   \x1b[32mnone  \x1b[0m  0 groups, 0 of 0 assessed  42 ms',
    );
  });
});
