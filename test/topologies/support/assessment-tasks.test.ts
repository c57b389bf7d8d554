import { describe, expect, it } from 'vitest';
import type { DetectedObject } from '../../../topologies/contracts.ts';
import { assessmentTasks } from '../../../topologies/support/assessment-tasks.ts';
import { frameOf, groupOf } from './frames.ts';

const objectAt = (objectId: number, x: number, y: number): DetectedObject => ({
  objectId,
  class: 'car',
  confidence: 0.9,
  bbox: [x - 10, y - 10, x + 10, y + 10],
});

describe('assessmentTasks', () => {
  it('makes one task per group that is large enough, with the fields of its frame', () => {
    const frame = frameOf('f', [1, 3]);
    expect(assessmentTasks(frame, 2)).toEqual([
      {
        taskId: 'f_group2',
        requestId: 'f',
        cameraId: 1,
        timestamp: '2025-10-20T10:30:45.123Z',
        groupIndex: 2,
        groupImageBase64: 'data:image/jpeg;base64,/9j/4AAQ',
        groupImageUrl: 's3://groups/2.jpg',
        detectedObjects: frame.detectedObjects,
        groupMetadata: { objectCount: 3, classes: ['car', 'person'], bbox: [100, 180, 400, 550] },
      },
    ]);
  });

  it.each([
    { minObjects: 1, tasks: ['f_group1', 'f_group2', 'f_group3'] },
    { minObjects: 2, tasks: ['f_group2', 'f_group3'] },
    { minObjects: 3, tasks: ['f_group3'] },
    { minObjects: 4, tasks: [] },
  ])('takes groups from minObjects $minObjects on: $tasks', ({ minObjects, tasks }) => {
    expect(assessmentTasks(frameOf('f', [1, 2, 3]), minObjects).map((task) => task.taskId)).toEqual(tasks);
  });

  it('makes none for a frame without groups', () => {
    expect(assessmentTasks(frameOf('f', []), 2)).toEqual([]);
  });

  it('takes the objects whose centre lies in the group box, borders included', () => {
    const frame = frameOf('f', [], {
      trafficGroups: [groupOf(1, { bbox: [100, 100, 200, 200] })],
      detectedObjects: [
        objectAt(1, 150, 150),
        objectAt(2, 100, 100),
        objectAt(3, 200, 200),
        objectAt(4, 99.5, 150),
        objectAt(5, 150, 200.5),
      ],
    });
    expect(assessmentTasks(frame, 2)[0]?.detectedObjects.map((object) => object.objectId)).toEqual([1, 2, 3]);
  });
});
