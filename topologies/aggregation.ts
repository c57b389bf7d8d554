import { z } from 'zod';
import { defineTopology } from '../src/index.ts';
import type { DataStream } from '../src/index.ts';
import type { DetectionResult, RiskAssessmentResult } from './contracts.ts';
import { duration } from './support/duration.ts';
import { minObjects } from './support/eligible-groups.ts';
import { mergeProcess } from './support/merge-process.ts';
import { perCameraProcess } from './support/per-camera-process.ts';
import * as topics from './support/topics.ts';
import { withoutImages } from './support/without-images.ts';

export const aggregationConfig = z.object({
  minObjects,
  merge: z
    .object({
      timeout: duration.default('10s').describe('Emit a frame this long after its detection with what came by then.'),
    })
    .prefault({}),
});

/** Detections and the assessments of their groups to one merged record per frame, and alerts. */
export default defineTopology({
  name: 'aggregation',
  config: aggregationConfig,
  build(t, config) {
    const detections = t.source('detections', topics.detectionResults);
    const assessments = t.source('assessments', topics.riskAssessmentResults);
    aggregate(detections, assessments, config);
  },
});

/** The same steps for topologies that hold more than them. */
export function aggregate(
  detections: DataStream<DetectionResult>,
  assessments: DataStream<RiskAssessmentResult>,
  config: z.infer<typeof aggregationConfig>,
): void {
  const merged = withoutImages(detections)
    .keyBy((frame) => frame.messageId)
    .connect(assessments.keyBy((result) => result.requestId))
    .process('merge', mergeProcess(config.minObjects, config.merge.timeout));
  merged.sinkTo('merged', topics.mergedDetections);
  merged.sideOutput('incomplete').sinkTo('incomplete', topics.incompleteFrames);
  merged.sideOutput('late').sinkTo('late', topics.lateAssessments);

  merged
    .keyBy((record) => record.cameraId)
    .process('per-camera', perCameraProcess)
    .sinkTo('alerts', topics.alerts);
}
