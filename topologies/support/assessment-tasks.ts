import type { AssessmentTask, DetectedObject, DetectionResult } from '../contracts.ts';
import { eligibleGroups, taskIdOf } from './eligible-groups.ts';

/** One task per eligible group; none for a frame without any. */
export function assessmentTasks(frame: DetectionResult, minObjects: number): AssessmentTask[] {
  return eligibleGroups(frame, minObjects).map((group) => ({
    taskId: taskIdOf(frame, group),
    requestId: frame.messageId,
    cameraId: frame.cameraId,
    timestamp: frame.timestamp,
    groupIndex: group.groupIndex,
    groupImageBase64: group.groupImageBase64,
    groupImageUrl: group.groupImageUrl,
    detectedObjects: frame.detectedObjects.filter((object) => centreInside(object, group.bbox)),
    groupMetadata: { objectCount: group.objectCount, classes: group.classes, bbox: group.bbox },
  }));
}

/** Whether the centre of the object's box lies in `outer`, borders included. */
function centreInside({ bbox }: DetectedObject, outer: DetectedObject['bbox']): boolean {
  const x = (bbox[0] + bbox[2]) / 2;
  const y = (bbox[1] + bbox[3]) / 2;
  return x >= outer[0] && x <= outer[2] && y >= outer[1] && y <= outer[3];
}
