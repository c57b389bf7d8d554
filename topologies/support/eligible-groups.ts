/**
 * Which traffic groups of a frame are assessed. task-generation makes one task for each of them and aggregation waits
 * for one result for each of them: both take the rule and its setting from here, so they cannot disagree.
 */
import { z } from 'zod';
import type { DetectionResult, TrafficGroup } from '../contracts.ts';

/** Setting shared by all jobs that apply the rule. */
export const minObjects = z.number().int().min(1).default(2);

/** Groups with at least `least` objects, in the order of the frame. */
export function eligibleGroups(frame: DetectionResult, least: number): readonly TrafficGroup[] {
  return frame.trafficGroups.filter((group) => group.objectCount >= least);
}

/** Id of the one task of a group; deterministic, so that a replay makes the same task again. */
export function taskIdOf(frame: DetectionResult, group: TrafficGroup): string {
  return `${frame.messageId}_group${String(group.groupIndex)}`;
}
