import { describe, expect, it } from 'vitest';
import type { DetectedObject } from '../../../topologies/contracts.ts';
import { assessmentTasks } from '../../../topologies/support/assessment-tasks.ts';
import { assessByRule } from '../../../topologies/support/rule-assessor.ts';
import { frameOf, groupOf } from './frames.ts';

function assess(classes: string[], objectCount: number) {
  const detectedObjects = classes.map((name, i): DetectedObject => ({
    objectId: i + 1,
    class: name,
    confidence: 0.9,
    bbox: [200, 200, 220, 220],
  }));
  const frame = frameOf('f', [], { trafficGroups: [groupOf(1, { classes, objectCount })], detectedObjects });
  return assessByRule(assessmentTasks(frame, 1)[0]!);
}

describe('assessByRule', () => {
  it.each([
    { classes: ['car', 'person'], count: 2, level: 'high' },
    { classes: ['bus', 'car', 'person'], count: 6, level: 'high' },
    { classes: ['car'], count: 4, level: 'medium' },
    { classes: ['person'], count: 5, level: 'medium' },
    { classes: ['car', 'truck'], count: 3, level: 'none' },
    { classes: ['bicycle', 'person'], count: 2, level: 'none' },
  ])('$count of $classes: $level', ({ classes, count, level }) => {
    const result = assess(classes, count);
    expect(result.maxRiskLevel).toBe(level);
    expect(result.hasDangerousDriving).toBe(level !== 'none');
    expect(result.results).toHaveLength(1);
    expect(result.results[0]).toMatchObject({ groupIndex: 1, riskLevel: level });
  });

  it('answers one task with one deterministic id, and says what it is', () => {
    expect(assess(['car', 'bicycle', 'person'], 3)).toEqual(assess(['car', 'bicycle', 'person'], 3));
    expect(assess(['car', 'bicycle', 'person'], 3)).toMatchObject({
      messageId: 'f_group1_result',
      taskId: 'f_group1',
      requestId: 'f',
      metadata: { llmModel: 'rule-based-stand-in', apiKey: 'none', llmLatency: 0 },
      results: [{ triggerObjectIds: [1, 3], dangerObjectCount: 2 }],
    });
  });
});
