import { describe, expect, it } from 'vitest';
import { formatMerged } from '../../../topologies/support/format-merged.ts';
import { mergeFrame } from '../../../topologies/support/merge-frame.ts';
import { assessmentOf, failedAssessmentOf, frameOf } from './frames.ts';

const line = (...args: Parameters<typeof mergeFrame>) => formatMerged(mergeFrame(...args), { color: false });

describe('formatMerged', () => {
  it('is one line with time, camera, level, groups and risk types', () => {
    const answers = [assessmentOf('f', 1, 'high'), assessmentOf('f', 2)];
    expect(line(frameOf('f', [2, 2, 1]), answers, 2)).toBe(
      '10:30:45.123  camera 1   high    3 groups, 2 of 2 assessed  tailgating',
    );
  });

  it('says when a frame is incomplete or assessments failed', () => {
    expect(line(frameOf('f', [2, 2]), [failedAssessmentOf('f', 1, 'timed out')], 2)).toBe(
      '10:30:45.123  camera 1   none    2 groups, 1 of 2 assessed  incomplete  1 failed',
    );
  });

  it('shows how long the frame took, and colours the level', () => {
    const record = mergeFrame(frameOf('f', []), [], 2);
    expect(formatMerged(record, { color: true, nowMs: Date.UTC(2025, 9, 20, 10, 30, 45, 165) })).toBe(
      '10:30:45.123  camera 1   \x1b[32mnone  \x1b[0m  0 groups, 0 of 0 assessed  42 ms',
    );
  });
});
