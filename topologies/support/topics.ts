/** The topics of the product: key cameraId, so that the records of a camera keep their order. */
import { topic } from '../../src/index.ts';
import type { Codec, Duration, Topic } from '../../src/index.ts';
import { Alert, AssessmentTask, DetectionResult, MergedRecord, RiskAssessmentResult } from '../contracts.ts';

export const detectionResults = cameraTopic('detection-results', DetectionResult, '1h');
export const assessmentTasks = cameraTopic('assessment-tasks', AssessmentTask, '1h');
export const riskAssessmentResults = cameraTopic('risk-assessment-results', RiskAssessmentResult, '24h');
export const mergedDetections = cameraTopic('merged-detections', MergedRecord, '24h');
/** Copies of the merged records that were emitted by the timer. */
export const incompleteFrames = cameraTopic('incomplete-frames', MergedRecord, '24h');
export const alerts = cameraTopic('alerts', Alert, '24h');
/** Assessments that came after their frame was emitted, or whose frame never came. */
export const lateAssessments = cameraTopic('late-assessments', RiskAssessmentResult, '24h');

function cameraTopic<T extends { readonly cameraId: number }>(
  name: string,
  codec: Codec<T>,
  retention: Duration,
): Topic<T> {
  return topic(name, codec, { key: (value) => value.cameraId, partitions: 16, retention, compression: 'snappy' });
}
