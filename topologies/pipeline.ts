import { z } from 'zod';
import { defineTopology, topic } from '../src/index.ts';
import { aggregate, aggregationConfig } from './aggregation.ts';
import { DetectionResult, RiskAssessmentResult } from './contracts.ts';
import { assessByRule } from './support/rule-assessor.ts';
import { syntheticPartitions } from './support/synthetic-cameras.ts';
import * as topics from './support/topics.ts';
import { generateTasks } from './task-generation.ts';

const config = aggregationConfig.extend({
  cameras: z.number().int().min(1).default(4).describe('Number of synthetic cameras.'),
  seed: z.number().int().default(1).describe('Decides what the synthetic cameras see.'),
  frameIntervalMs: z.number().int().min(1).default(1_800).describe('Milliseconds between two frames of a camera.'),
});

/** Name of the topic that exists only as arithmetic; the runner reads it from `generatedTopics`. */
const cameraFrames = topic('synthetic-cameras', DetectionResult, { key: (frame) => frame.cameraId });

/**
 * Product A in one job: synthetic cameras, task generation, a rule-based stand-in for the assessment (not a model) and
 * aggregation. Every step also writes its topic, so each can be read, or replaced by the job that does only this step.
 */
export default defineTopology({
  name: 'pipeline',
  config,
  build(t, options) {
    // Of each camera one frame is there already.
    const detections = t.source('cameras', cameraFrames, { start: { duration: options.frameIntervalMs } });
    detections.sinkTo('detections', topics.detectionResults);

    const tasks = generateTasks(detections, options);
    tasks.sinkTo('tasks', topics.assessmentTasks);

    const assessments = tasks.map(assessByRule, { id: 'stand-in-assessor', codec: RiskAssessmentResult });
    assessments.sinkTo('assessments', topics.riskAssessmentResults);

    aggregate(detections, assessments, options);
  },
});

/** Topics that nobody writes: name to partitions, made from the job's configuration. */
export function generatedTopics({ cameras, seed, frameIntervalMs }: z.infer<typeof config>) {
  return { [cameraFrames.name]: syntheticPartitions({ cameras, seed, intervalMs: frameIntervalMs }) };
}

/** What to show while the job runs: a line per record of this topic. */
export { formatMerged as formatLive } from './support/format-merged.ts';
export const liveTopic = topics.mergedDetections;
