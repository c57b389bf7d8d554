/** The frames and tasks of test/data: 300 frames, some of them broken, and the tasks that must come of them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AssessmentTask, DetectionResult } from '../../topologies/contracts.ts';
import { assessmentTasks } from '../../topologies/support/assessment-tasks.ts';
import { assessmentTasks as tasksTopic } from '../../topologies/support/topics.ts';
import taskGeneration from '../../topologies/task-generation.ts';
import { ByteWriter } from '../../src/core/byte-writer.ts';

interface ExpectedTask {
  readonly ids: readonly number[];
  readonly objectCount: number;
  readonly classes: readonly string[];
  readonly bbox: readonly number[];
}
const data = (name: string): Buffer => readFileSync(new URL(`../data/${name}`, import.meta.url));
const expected = JSON.parse(data('expected-tasks.json').toString()) as {
  readonly brokenRecords: number;
  readonly tasks: Readonly<Record<string, ExpectedTask>>;
};

/** Frames of the lines that match the contract, and the reasons of the others. */
function readFrames(): { frames: DetectionResult[]; broken: string[] } {
  const frames: DetectionResult[] = [];
  const broken: string[] = [];
  for (const line of data('frames.jsonl').toString().trimEnd().split('\n')) {
    const bytes = Buffer.from(line);
    try {
      frames.push(DetectionResult.decode(bytes, 0, bytes.length));
    } catch (error) {
      broken.push((error as Error).message);
    }
  }
  return { frames, broken };
}

describe('task-generation', () => {
  const { frames, broken } = readFrames();

  it('refuses the broken records, each with the path or place of what is wrong', () => {
    expect(broken).toHaveLength(expected.brokenRecords);
    expect(broken.filter((reason) => reason.includes('messageId'))).toHaveLength(4);
    expect(broken.filter((reason) => reason.includes('cameraId'))).toHaveLength(4);
  });

  it('makes exactly the expected tasks, field by field', () => {
    const tasks = Object.fromEntries(
      frames
        .flatMap((frame) => assessmentTasks(frame, 2))
        .map(({ taskId, requestId, cameraId, timestamp, groupIndex, groupMetadata, detectedObjects }) => [
          taskId,
          {
            requestId,
            cameraId,
            timestamp,
            groupIndex,
            ids: detectedObjects.map((object) => object.objectId),
            ...groupMetadata,
          },
        ]),
    );
    expect(tasks).toEqual(expected.tasks);
  });

  it('makes tasks that its topic can carry', () => {
    const [task] = assessmentTasks(frames[0]!, 2);
    const out = new ByteWriter();
    tasksTopic.codec.encode(task!, out);
    const bytes = Buffer.from(out.take());
    expect(AssessmentTask.decode(bytes, 0, bytes.length)).toEqual(task);
    expect(JSON.parse(bytes.toString())).toEqual(task);
    expect(tasksTopic.options.key?.(task!)).toBe(4);
  });

  it('reads detection-results and writes assessment-tasks', () => {
    const kinds = [...taskGeneration.build().nodes.values()].map((node) =>
      node.kind === 'source' || node.kind === 'sink' ? [node.id, node.topic.name, node.topic.options.partitions] : [],
    );
    expect(kinds).toContainEqual(['detections', 'detection-results', 16]);
    expect(kinds).toContainEqual(['tasks', 'assessment-tasks', 16]);
  });
});
