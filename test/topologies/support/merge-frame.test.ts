import { describe, expect, it } from 'vitest';
import { mergeFrame, progress } from '../../../topologies/support/merge-frame.ts';
import { assessmentOf, failedAssessmentOf, frameOf } from './frames.ts';

describe('mergeFrame', () => {
  it('is the detection without images, with what came about it', () => {
    const frame = frameOf('f', [2, 1]);
    const assessment = assessmentOf('f', 1, 'low');
    expect(mergeFrame(frame, [assessment], 2)).toEqual({
      ...frame,
      trafficGroups: frame.trafficGroups.map(({ groupImageBase64: _, ...group }) => group),
      riskAssessment: { results: assessment.results, expected: 1, received: 1, errors: [] },
      hasDangerousDriving: true,
      maxRiskLevel: 'low',
      complete: true,
    });
  });

  it('orders the results by group, whatever order they came in', () => {
    const answers = [3, 1, 2].map((group) => assessmentOf('f', group));
    const { results } = mergeFrame(frameOf('f', [2, 2, 2]), answers, 2).riskAssessment;
    expect(results.map((result) => result.groupIndex)).toEqual([1, 2, 3]);
  });

  it.each([
    { levels: [], max: 'none', danger: false },
    { levels: ['none', 'none'], max: 'none', danger: false },
    { levels: ['none', 'low'], max: 'low', danger: true },
    { levels: ['medium', 'low'], max: 'medium', danger: true },
    { levels: ['medium', 'high', 'none'], max: 'high', danger: true },
  ] as const)('says $max for the levels $levels', ({ levels, max, danger }) => {
    const frame = frameOf(
      'f',
      levels.map(() => 2),
    );
    const answers = levels.map((level, i) => assessmentOf('f', i + 1, level));
    expect(mergeFrame(frame, answers, 2)).toMatchObject({ maxRiskLevel: max, hasDangerousDriving: danger });
  });

  it('counts a failed assessment as an answer and keeps its error', () => {
    const merged = mergeFrame(
      frameOf('f', [2, 2]),
      [failedAssessmentOf('f', 2, 'timed out'), assessmentOf('f', 1, 'low')],
      2,
    );
    expect(merged).toMatchObject({ complete: true, maxRiskLevel: 'low' });
    expect(merged.riskAssessment).toMatchObject({ expected: 2, received: 2, errors: ['f_group2: timed out'] });
  });

  it('shows a result that the frame does not expect, and does not count it', () => {
    const merged = mergeFrame(frameOf('f', [2, 1]), [assessmentOf('f', 2, 'high')], 2);
    expect(merged).toMatchObject({ complete: false, maxRiskLevel: 'high' });
    expect(merged.riskAssessment).toMatchObject({ expected: 1, received: 0 });
  });
});

describe('progress', () => {
  it('expects one answer per eligible group', () => {
    const frame = frameOf('f', [1, 2, 3]);
    expect(progress(frame, new Set(['f_group3', 'f_group1']), 2)).toEqual({ expected: 2, received: 1 });
    expect(progress(frame, new Set(), 4)).toEqual({ expected: 0, received: 0 });
  });
});
