/** Frames and assessments for tests: only what a test is about has to be said. */
import type { DetectionResult, RiskAssessmentResult } from '../../../topologies/contracts.ts';

type Group = DetectionResult['trafficGroups'][number];
type Level = RiskAssessmentResult['maxRiskLevel'];

/** A frame with one group per number: its object count. */
export function frameOf(
  messageId: string,
  objectCounts: readonly number[] = [2],
  more: Partial<DetectionResult> = {},
): DetectionResult {
  return {
    messageId,
    cameraId: 1,
    timestamp: '2025-10-20T10:30:45.123Z',
    imageWidth: 1920,
    imageHeight: 1080,
    rawFrameUrl: `s3://frames/${messageId}.jpg`,
    detectedObjects: [{ objectId: 1, class: 'car', confidence: 0.92, bbox: [120, 200, 360, 520] }],
    trafficGroups: objectCounts.map((objectCount, i) => groupOf(i + 1, { objectCount })),
    metadata: { detectionLatency: 0.25, yoloModel: 'yolov8n', processingNode: 'node-01' },
    ...more,
  };
}

export function groupOf(groupIndex: number, more: Partial<Group> = {}): Group {
  return {
    groupIndex,
    objectCount: 2,
    bbox: [100, 180, 400, 550],
    classes: ['car', 'person'],
    groupImageUrl: `s3://groups/${String(groupIndex)}.jpg`,
    groupImageBase64: 'data:image/jpeg;base64,/9j/4AAQ',
    ...more,
  };
}

export function assessmentOf(
  requestId: string,
  groupIndex: number,
  riskLevel: Level = 'none',
  more: Partial<RiskAssessmentResult> = {},
): RiskAssessmentResult {
  const taskId = `${requestId}_group${String(groupIndex)}`;
  return {
    messageId: `${taskId}_result`,
    taskId,
    requestId,
    cameraId: 1,
    timestamp: '2025-10-20T10:30:46.000Z',
    results: [
      {
        groupIndex,
        riskLevel,
        confidence: 0.8,
        riskTypes: riskLevel === 'none' ? [] : ['tailgating'],
        description: '',
        triggerObjectIds: [],
        dangerObjectCount: 0,
      },
    ],
    hasDangerousDriving: riskLevel !== 'none',
    maxRiskLevel: riskLevel,
    metadata: { llmLatency: 0, llmModel: 'm', apiKey: 'none', retryCount: 0, processingNode: 'n' },
    ...more,
  };
}

/** The answer that says that the assessment failed. */
export function failedAssessmentOf(requestId: string, groupIndex: number, error: string): RiskAssessmentResult {
  return assessmentOf(requestId, groupIndex, 'none', { results: [], error });
}
