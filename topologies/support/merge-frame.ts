/**
 * What a frame and the assessments of its groups make together. A frame is complete when every eligible group has its
 * answer; an answer that says "the assessment failed" is an answer. Results of groups the frame does not expect (another
 * minObjects upstream) are shown but not counted, so they can never complete a frame in place of a missing one.
 */
import type { DetectionResult, MergedRecord, RiskAssessmentResult } from '../contracts.ts';
import { eligibleGroups, taskIdOf } from './eligible-groups.ts';
import { maxRiskLevel } from './max-risk-level.ts';

/** `assessments`: at most one per task, in any order. */
export function mergeFrame(
  frame: DetectionResult,
  assessments: readonly RiskAssessmentResult[],
  minObjects: number,
): MergedRecord {
  const { expected, received } = progress(frame, new Set(assessments.map((result) => result.taskId)), minObjects);
  const results = assessments.flatMap((result) => result.results).sort((a, b) => a.groupIndex - b.groupIndex);
  const maxLevel = maxRiskLevel(results.map((result) => result.riskLevel));
  return {
    messageId: frame.messageId,
    cameraId: frame.cameraId,
    timestamp: frame.timestamp,
    imageWidth: frame.imageWidth,
    imageHeight: frame.imageHeight,
    rawFrameUrl: frame.rawFrameUrl,
    detectedObjects: frame.detectedObjects,
    trafficGroups: frame.trafficGroups.map(({ groupImageBase64: _, ...group }) => group),
    metadata: frame.metadata,
    riskAssessment: { results, expected, received, errors: errorsOf(assessments) },
    hasDangerousDriving: maxLevel !== 'none',
    maxRiskLevel: maxLevel,
    complete: received === expected,
  };
}

/** How many results the frame waits for, and how many of them are among `answered` (task ids). */
export function progress(
  frame: DetectionResult,
  answered: { has(taskId: string): boolean },
  minObjects: number,
): { readonly expected: number; readonly received: number } {
  const tasks = eligibleGroups(frame, minObjects).map((group) => taskIdOf(frame, group));
  return { expected: tasks.length, received: tasks.filter((taskId) => answered.has(taskId)).length };
}

function errorsOf(assessments: readonly RiskAssessmentResult[]): string[] {
  return assessments.flatMap(({ taskId, error }) => (error === undefined ? [] : [`${taskId}: ${error}`])).sort();
}
