import { z } from 'zod';
import { defineTopology } from '../src/index.ts';
import type { DataStream } from '../src/index.ts';
import { AssessmentTask } from './contracts.ts';
import type { DetectionResult } from './contracts.ts';
import { assessmentTasks } from './support/assessment-tasks.ts';
import { minObjects } from './support/eligible-groups.ts';
import * as topics from './support/topics.ts';

/** Detections to assessment tasks: one for each traffic group that is large enough. */
export default defineTopology({
  name: 'task-generation',
  config: z.object({ minObjects }),
  build(t, config) {
    generateTasks(t.source('detections', topics.detectionResults), config).sinkTo('tasks', topics.assessmentTasks);
  },
});

/** The same step for topologies that hold more than it. */
export function generateTasks(
  detections: DataStream<DetectionResult>,
  config: { readonly minObjects: number },
): DataStream<AssessmentTask> {
  return detections.flatMap((frame) => assessmentTasks(frame, config.minObjects), { codec: AssessmentTask });
}
