// Generated from schemas/*.avsc by `npm run generate`. Do not edit.

import { contract } from '../src/index.ts';

export type RiskLevel = 'none' | 'low' | 'medium' | 'high';

/** A frame with a high risk. */
export interface Alert {
  /** `messageId` of the frame. */
  readonly alertId: string;
  readonly cameraId: number;
  /** When the frame was taken: ISO 8601, UTC, with milliseconds. */
  readonly timestamp: string;
  readonly maxRiskLevel: RiskLevel;
  readonly riskTypes: readonly string[];
  readonly rawFrameUrl: string;
}

export const Alert = contract<Alert>({
  type: 'record',
  name: 'Alert',
  doc: 'A frame with a high risk.',
  fields: [
    { name: 'alertId', type: 'string', doc: '`messageId` of the frame.' },
    { name: 'cameraId', type: 'int' },
    { name: 'timestamp', type: 'string', doc: 'When the frame was taken: ISO 8601, UTC, with milliseconds.' },
    { name: 'maxRiskLevel', type: { type: 'enum', name: 'RiskLevel', symbols: ['none', 'low', 'medium', 'high'] } },
    { name: 'riskTypes', type: { type: 'array', items: 'string' } },
    { name: 'rawFrameUrl', type: 'string' },
  ],
});

export interface DetectedObject {
  readonly objectId: number;
  /** What was seen, like `car` or `person`. */
  readonly class: string;
  /** From 0 to 1. */
  readonly confidence: number;
  /** Corners x1, y1, x2, y2 in pixels. */
  readonly bbox: readonly [number, number, number, number];
}

export interface GroupMetadata {
  readonly objectCount: number;
  readonly classes: readonly string[];
  readonly bbox: readonly [number, number, number, number];
}

/** One traffic group of a frame, to be assessed by the model. */
export interface AssessmentTask {
  /** `<messageId>_group<groupIndex>`. */
  readonly taskId: string;
  /** `messageId` of the frame. */
  readonly requestId: string;
  readonly cameraId: number;
  /** When the frame was taken: ISO 8601, UTC, with milliseconds. */
  readonly timestamp: string;
  readonly groupIndex: number;
  readonly groupImageBase64: string;
  readonly groupImageUrl: string;
  /** Those whose centre lies inside of the group, borders included. */
  readonly detectedObjects: readonly DetectedObject[];
  readonly groupMetadata: GroupMetadata;
}

export const AssessmentTask = contract<AssessmentTask>({
  type: 'record',
  name: 'AssessmentTask',
  doc: 'One traffic group of a frame, to be assessed by the model.',
  fields: [
    { name: 'taskId', type: 'string', doc: '`<messageId>_group<groupIndex>`.' },
    { name: 'requestId', type: 'string', doc: '`messageId` of the frame.' },
    { name: 'cameraId', type: 'int' },
    { name: 'timestamp', type: 'string', doc: 'When the frame was taken: ISO 8601, UTC, with milliseconds.' },
    { name: 'groupIndex', type: 'int' },
    { name: 'groupImageBase64', type: 'string' },
    { name: 'groupImageUrl', type: 'string' },
    {
      name: 'detectedObjects',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'DetectedObject',
          fields: [
            { name: 'objectId', type: 'int' },
            { name: 'class', type: 'string', doc: 'What was seen, like `car` or `person`.' },
            { name: 'confidence', type: 'double', doc: 'From 0 to 1.' },
            {
              name: 'bbox',
              type: { type: 'array', items: 'double', length: 4 },
              doc: 'Corners x1, y1, x2, y2 in pixels.',
            },
          ],
        },
      },
      doc: 'Those whose centre lies inside of the group, borders included.',
    },
    {
      name: 'groupMetadata',
      type: {
        type: 'record',
        name: 'GroupMetadata',
        fields: [
          { name: 'objectCount', type: 'int' },
          { name: 'classes', type: { type: 'array', items: 'string' } },
          { name: 'bbox', type: { type: 'array', items: 'double', length: 4 } },
        ],
      },
    },
  ],
});

/** Objects close to each other, assessed together. */
export interface TrafficGroup {
  /** Counts from 1 within the frame. */
  readonly groupIndex: number;
  readonly objectCount: number;
  /** Corners x1, y1, x2, y2 in pixels. */
  readonly bbox: readonly [number, number, number, number];
  readonly classes: readonly string[];
  readonly groupImageUrl: string;
  /** The cut-out as a data URI. */
  readonly groupImageBase64: string;
}

export interface DetectionMetadata {
  /** Seconds. */
  readonly detectionLatency: number;
  readonly yoloModel: string;
  readonly processingNode: string;
}

/** What the detector saw in one frame of one camera. */
export interface DetectionResult {
  /** UUID of the frame. */
  readonly messageId: string;
  readonly cameraId: number;
  /** When the frame was taken: ISO 8601, UTC, with milliseconds. */
  readonly timestamp: string;
  readonly imageWidth: number;
  readonly imageHeight: number;
  readonly rawFrameUrl: string;
  readonly detectedObjects: readonly DetectedObject[];
  readonly trafficGroups: readonly TrafficGroup[];
  readonly metadata: DetectionMetadata;
}

export const DetectionResult = contract<DetectionResult>({
  type: 'record',
  name: 'DetectionResult',
  doc: 'What the detector saw in one frame of one camera.',
  fields: [
    { name: 'messageId', type: 'string', doc: 'UUID of the frame.' },
    { name: 'cameraId', type: 'int' },
    { name: 'timestamp', type: 'string', doc: 'When the frame was taken: ISO 8601, UTC, with milliseconds.' },
    { name: 'imageWidth', type: 'int' },
    { name: 'imageHeight', type: 'int' },
    { name: 'rawFrameUrl', type: 'string' },
    {
      name: 'detectedObjects',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'DetectedObject',
          fields: [
            { name: 'objectId', type: 'int' },
            { name: 'class', type: 'string', doc: 'What was seen, like `car` or `person`.' },
            { name: 'confidence', type: 'double', doc: 'From 0 to 1.' },
            {
              name: 'bbox',
              type: { type: 'array', items: 'double', length: 4 },
              doc: 'Corners x1, y1, x2, y2 in pixels.',
            },
          ],
        },
      },
    },
    {
      name: 'trafficGroups',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'TrafficGroup',
          doc: 'Objects close to each other, assessed together.',
          fields: [
            { name: 'groupIndex', type: 'int', doc: 'Counts from 1 within the frame.' },
            { name: 'objectCount', type: 'int' },
            {
              name: 'bbox',
              type: { type: 'array', items: 'double', length: 4 },
              doc: 'Corners x1, y1, x2, y2 in pixels.',
            },
            { name: 'classes', type: { type: 'array', items: 'string' } },
            { name: 'groupImageUrl', type: 'string' },
            { name: 'groupImageBase64', type: 'string', doc: 'The cut-out as a data URI.' },
          ],
        },
      },
    },
    {
      name: 'metadata',
      type: {
        type: 'record',
        name: 'DetectionMetadata',
        fields: [
          { name: 'detectionLatency', type: 'double', doc: 'Seconds.' },
          { name: 'yoloModel', type: 'string' },
          { name: 'processingNode', type: 'string' },
        ],
      },
    },
  ],
});

/** A traffic group without its image. */
export interface MergedGroup {
  readonly groupIndex: number;
  readonly objectCount: number;
  /** Corners x1, y1, x2, y2 in pixels. */
  readonly bbox: readonly [number, number, number, number];
  readonly classes: readonly string[];
  readonly groupImageUrl?: string | undefined;
}

/** What the model says about one group. */
export interface GroupRisk {
  readonly groupIndex: number;
  readonly riskLevel: RiskLevel;
  /** From 0 to 1. */
  readonly confidence: number;
  /** Like `tailgating` or `speeding`. */
  readonly riskTypes: readonly string[];
  readonly description: string;
  readonly triggerObjectIds: readonly number[];
  readonly dangerObjectCount: number;
}

export interface RiskAssessment {
  /** By groupIndex. */
  readonly results: readonly GroupRisk[];
  /** Tasks made from the frame. */
  readonly expected: number;
  readonly received: number;
  readonly errors: readonly string[];
}

/** A frame with the assessments of its groups. */
export interface MergedRecord {
  /** UUID of the frame. */
  readonly messageId: string;
  readonly cameraId: number;
  /** When the frame was taken: ISO 8601, UTC, with milliseconds. */
  readonly timestamp: string;
  readonly imageWidth: number;
  readonly imageHeight: number;
  readonly rawFrameUrl: string;
  readonly detectedObjects: readonly DetectedObject[];
  readonly trafficGroups: readonly MergedGroup[];
  readonly metadata: DetectionMetadata;
  readonly riskAssessment: RiskAssessment;
  /** Any risk level but none. */
  readonly hasDangerousDriving: boolean;
  readonly maxRiskLevel: RiskLevel;
  /** False: emitted by the timer, before all results were there. */
  readonly complete: boolean;
}

export const MergedRecord = contract<MergedRecord>({
  type: 'record',
  name: 'MergedRecord',
  doc: 'A frame with the assessments of its groups.',
  fields: [
    { name: 'messageId', type: 'string', doc: 'UUID of the frame.' },
    { name: 'cameraId', type: 'int' },
    { name: 'timestamp', type: 'string', doc: 'When the frame was taken: ISO 8601, UTC, with milliseconds.' },
    { name: 'imageWidth', type: 'int' },
    { name: 'imageHeight', type: 'int' },
    { name: 'rawFrameUrl', type: 'string' },
    {
      name: 'detectedObjects',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'DetectedObject',
          fields: [
            { name: 'objectId', type: 'int' },
            { name: 'class', type: 'string', doc: 'What was seen, like `car` or `person`.' },
            { name: 'confidence', type: 'double', doc: 'From 0 to 1.' },
            {
              name: 'bbox',
              type: { type: 'array', items: 'double', length: 4 },
              doc: 'Corners x1, y1, x2, y2 in pixels.',
            },
          ],
        },
      },
    },
    {
      name: 'trafficGroups',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'MergedGroup',
          doc: 'A traffic group without its image.',
          fields: [
            { name: 'groupIndex', type: 'int' },
            { name: 'objectCount', type: 'int' },
            {
              name: 'bbox',
              type: { type: 'array', items: 'double', length: 4 },
              doc: 'Corners x1, y1, x2, y2 in pixels.',
            },
            { name: 'classes', type: { type: 'array', items: 'string' } },
            { name: 'groupImageUrl', type: ['null', 'string'], default: null },
          ],
        },
      },
    },
    {
      name: 'metadata',
      type: {
        type: 'record',
        name: 'DetectionMetadata',
        fields: [
          { name: 'detectionLatency', type: 'double', doc: 'Seconds.' },
          { name: 'yoloModel', type: 'string' },
          { name: 'processingNode', type: 'string' },
        ],
      },
    },
    {
      name: 'riskAssessment',
      type: {
        type: 'record',
        name: 'RiskAssessment',
        fields: [
          {
            name: 'results',
            type: {
              type: 'array',
              items: {
                type: 'record',
                name: 'GroupRisk',
                doc: 'What the model says about one group.',
                fields: [
                  { name: 'groupIndex', type: 'int' },
                  {
                    name: 'riskLevel',
                    type: { type: 'enum', name: 'RiskLevel', symbols: ['none', 'low', 'medium', 'high'] },
                  },
                  { name: 'confidence', type: 'double', doc: 'From 0 to 1.' },
                  {
                    name: 'riskTypes',
                    type: { type: 'array', items: 'string' },
                    doc: 'Like `tailgating` or `speeding`.',
                  },
                  { name: 'description', type: 'string' },
                  { name: 'triggerObjectIds', type: { type: 'array', items: 'int' } },
                  { name: 'dangerObjectCount', type: 'int' },
                ],
              },
            },
            doc: 'By groupIndex.',
          },
          { name: 'expected', type: 'int', doc: 'Tasks made from the frame.' },
          { name: 'received', type: 'int' },
          { name: 'errors', type: { type: 'array', items: 'string' } },
        ],
      },
    },
    { name: 'hasDangerousDriving', type: 'boolean', doc: 'Any risk level but none.' },
    { name: 'maxRiskLevel', type: 'RiskLevel' },
    { name: 'complete', type: 'boolean', doc: 'False: emitted by the timer, before all results were there.' },
  ],
});

export interface AssessmentMetadata {
  /** Seconds. */
  readonly llmLatency: number;
  readonly llmModel: string;
  /** A hash, never the key. */
  readonly apiKey: string;
  readonly retryCount: number;
  readonly processingNode: string;
}

/** The outcome of one task. */
export interface RiskAssessmentResult {
  /** `<taskId>_result`, so that a replay overwrites. */
  readonly messageId: string;
  readonly taskId: string;
  readonly requestId: string;
  readonly cameraId: number;
  /** When the frame was taken: ISO 8601, UTC, with milliseconds. */
  readonly timestamp: string;
  /** One entry; none when the assessment failed. */
  readonly results: readonly GroupRisk[];
  readonly hasDangerousDriving: boolean;
  readonly maxRiskLevel: RiskLevel;
  readonly metadata: AssessmentMetadata;
  /** Why there is no result. */
  readonly error?: string | undefined;
}

export const RiskAssessmentResult = contract<RiskAssessmentResult>({
  type: 'record',
  name: 'RiskAssessmentResult',
  doc: 'The outcome of one task.',
  fields: [
    { name: 'messageId', type: 'string', doc: '`<taskId>_result`, so that a replay overwrites.' },
    { name: 'taskId', type: 'string' },
    { name: 'requestId', type: 'string' },
    { name: 'cameraId', type: 'int' },
    { name: 'timestamp', type: 'string', doc: 'When the frame was taken: ISO 8601, UTC, with milliseconds.' },
    {
      name: 'results',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'GroupRisk',
          doc: 'What the model says about one group.',
          fields: [
            { name: 'groupIndex', type: 'int' },
            {
              name: 'riskLevel',
              type: { type: 'enum', name: 'RiskLevel', symbols: ['none', 'low', 'medium', 'high'] },
            },
            { name: 'confidence', type: 'double', doc: 'From 0 to 1.' },
            { name: 'riskTypes', type: { type: 'array', items: 'string' }, doc: 'Like `tailgating` or `speeding`.' },
            { name: 'description', type: 'string' },
            { name: 'triggerObjectIds', type: { type: 'array', items: 'int' } },
            { name: 'dangerObjectCount', type: 'int' },
          ],
        },
      },
      doc: 'One entry; none when the assessment failed.',
    },
    { name: 'hasDangerousDriving', type: 'boolean' },
    { name: 'maxRiskLevel', type: 'RiskLevel' },
    {
      name: 'metadata',
      type: {
        type: 'record',
        name: 'AssessmentMetadata',
        fields: [
          { name: 'llmLatency', type: 'double', doc: 'Seconds.' },
          { name: 'llmModel', type: 'string' },
          { name: 'apiKey', type: 'string', doc: 'A hash, never the key.' },
          { name: 'retryCount', type: 'int' },
          { name: 'processingNode', type: 'string' },
        ],
      },
    },
    { name: 'error', type: ['null', 'string'], doc: 'Why there is no result.', default: null },
  ],
});
