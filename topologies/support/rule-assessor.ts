/**
 * Rule-based stand-in assessor: not a model. It fills the place of the LLM assessment until that job exists, so that the
 * pipeline runs from end to end, and says so in `llmModel` of every result. A pure function of the task.
 */
import type { AssessmentTask, GroupRisk, RiskAssessmentResult } from '../contracts.ts';

type Finding = Omit<GroupRisk, 'groupIndex' | 'triggerObjectIds' | 'dangerObjectCount'>;

const vehicles: ReadonlySet<string> = new Set(['car', 'truck', 'bus', 'motorcycle']);
const crowdSize = 4;

/** Person and vehicle in one group: high. Four objects or more: medium. Else none. */
export function assessByRule(task: AssessmentTask): RiskAssessmentResult {
  const finding = findingOf(task);
  const triggers = task.detectedObjects.filter((object) => triggersRisk(finding, object.class));
  const result: GroupRisk = {
    groupIndex: task.groupIndex,
    ...finding,
    triggerObjectIds: triggers.map((object) => object.objectId),
    dangerObjectCount: triggers.length,
  };
  return {
    messageId: `${task.taskId}_result`,
    taskId: task.taskId,
    requestId: task.requestId,
    cameraId: task.cameraId,
    timestamp: task.timestamp,
    results: [result],
    hasDangerousDriving: result.riskLevel !== 'none',
    maxRiskLevel: result.riskLevel,
    metadata: {
      llmLatency: 0,
      llmModel: 'rule-based-stand-in',
      apiKey: 'none',
      retryCount: 0,
      processingNode: 'stand-in',
    },
  };
}

function findingOf({ groupMetadata: { classes, objectCount } }: AssessmentTask): Finding {
  if (classes.includes('person') && classes.some((name) => vehicles.has(name))) {
    return {
      riskLevel: 'high',
      confidence: 0.9,
      riskTypes: ['person_near_vehicle'],
      description: 'A person and a vehicle are in one traffic group.',
    };
  }
  if (objectCount >= crowdSize) {
    return {
      riskLevel: 'medium',
      confidence: 0.7,
      riskTypes: ['crowding'],
      description: `${String(objectCount)} objects are close to each other.`,
    };
  }
  return { riskLevel: 'none', confidence: 0.9, riskTypes: [], description: 'No rule applies.' };
}

function triggersRisk({ riskLevel }: Finding, objectClass: string): boolean {
  if (riskLevel === 'high') return objectClass === 'person' || vehicles.has(objectClass);
  return riskLevel !== 'none';
}
