import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../src/core/byte-writer.ts';
import type { Codec } from '../../src/index.ts';
import {
  Alert,
  AssessmentTask,
  DetectionResult,
  MergedRecord,
  RiskAssessmentResult,
} from '../../topologies/contracts.ts';
import pipeline, { generatedTopics, liveTopic } from '../../topologies/pipeline.ts';
import { assessByRule } from '../../topologies/support/rule-assessor.ts';
import { assessmentTasks } from '../../topologies/support/assessment-tasks.ts';
import { AggregationBench } from './support/aggregation-bench.ts';

function roundTrip<T>(codec: Codec<T>, value: T): T {
  const out = new ByteWriter();
  codec.encode(value, out);
  const bytes = Buffer.from(out.take());
  return codec.decode(bytes, 0, bytes.length);
}

describe('pipeline', () => {
  const config = pipeline.configure();
  const nodes = [...pipeline.build().nodes.values()];

  it('reads only generated topics, with a partition per camera', () => {
    const read = nodes.flatMap((node) => (node.kind === 'source' ? [node.topic.name] : []));
    expect(read).toEqual(Object.keys(generatedTopics(config)));
    expect(Object.values(generatedTopics(config)).map((partitions) => partitions.length)).toEqual([4]);
  });

  it('writes every topic of the product', () => {
    const written = nodes.flatMap((node) => (node.kind === 'sink' ? [node.topic.name] : []));
    expect(written.sort()).toEqual([
      'alerts',
      'assessment-tasks',
      'detection-results',
      'incomplete-frames',
      'late-assessments',
      'merged-detections',
      'risk-assessment-results',
    ]);
    expect(written).toContain(liveTopic.name);
  });

  it('makes one complete record of every synthetic frame, and all its values fit their contracts', () => {
    const bench = new AggregationBench();
    const [feed] = Object.values(generatedTopics(config)).map((partitions) => partitions[0]!);
    const frames = feed!.next(feed!.bounds(bench.nowMs).end - 100, bench.nowMs).records.map(({ value }) => value);
    for (const frame of frames) {
      expect(roundTrip(DetectionResult, frame)).toEqual(frame);
      bench.detection(frame);
      for (const task of assessmentTasks(frame, config.minObjects)) {
        expect(roundTrip(AssessmentTask, task)).toEqual(task);
        const result = assessByRule(task);
        expect(roundTrip(RiskAssessmentResult, result)).toEqual(result);
        bench.assessment(result);
      }
    }
    expect(bench.merged.map((record) => record.messageId)).toEqual(frames.map((frame) => frame.messageId));
    expect(bench.merged.filter((record) => !record.complete)).toEqual([]);
    expect(bench.alerts.length).toBeGreaterThan(0);
    for (const record of bench.merged) expect(roundTrip(MergedRecord, record)).toEqual(record);
    for (const alert of bench.alerts) expect(roundTrip(Alert, alert)).toEqual(alert);
  });
});
