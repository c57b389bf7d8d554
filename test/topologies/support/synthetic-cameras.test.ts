import { describe, expect, it } from 'vitest';
import { assessByRule } from '../../../topologies/support/rule-assessor.ts';
import { assessmentTasks } from '../../../topologies/support/assessment-tasks.ts';
import { syntheticDetection } from '../../../topologies/support/synthetic-detection.ts';
import { syntheticPartitions } from '../../../topologies/support/synthetic-cameras.ts';

const feed = { seed: 1, cameras: 4, intervalMs: 1_800 };
const morning = Date.UTC(2026, 0, 1, 8);
const now = morning - (morning % 1_800); // camera 1 takes a frame at this moment
const frameNow = now / 1_800;

describe('syntheticDetection', () => {
  const frames = Array.from({ length: 400 }, (_, i) => syntheticDetection(feed, 2, frameNow + i));

  it('follows from seed, camera and frame number alone', () => {
    expect(syntheticDetection(feed, 2, frameNow + 7)).toEqual(frames[7]);
    const scenes = [frames, frames.map((_, i) => syntheticDetection(feed, 3, frameNow + i))];
    scenes.push(frames.map((_, i) => syntheticDetection({ ...feed, seed: 2 }, 2, frameNow + i)));
    expect(new Set(scenes.map((scene) => JSON.stringify(scene.map((frame) => frame.detectedObjects)))).size).toBe(3);
  });

  it('gives every frame an id of its own, in the form of a version 4 UUID', () => {
    expect(new Set(frames.map((frame) => frame.messageId)).size).toBe(frames.length);
    for (const { messageId } of frames) {
      expect(messageId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  it('takes frames one interval apart, cameras in turns', () => {
    const times = [1, 2, 3, 4].map((camera) => Date.parse(syntheticDetection(feed, camera, frameNow).timestamp) - now);
    expect(times).toEqual([0, 450, 900, 1350]);
    expect(Date.parse(frames[1]!.timestamp) - Date.parse(frames[0]!.timestamp)).toBe(1_800);
  });

  it('keeps boxes in the image and groups around their objects', () => {
    for (const frame of frames) {
      for (const { bbox } of [...frame.detectedObjects, ...frame.trafficGroups]) {
        const [x1, y1, x2, y2] = bbox;
        expect([0 <= x1, x1 < x2, x2 <= 1920, 0 <= y1, y1 < y2, y2 <= 1080], bbox.join()).not.toContain(false);
        expect(bbox.every(Number.isInteger)).toBe(true);
      }
      const inGroups = frame.trafficGroups.reduce((sum, group) => sum + group.objectCount, 0);
      expect(inGroups).toBe(frame.detectedObjects.length);
      expect(frame.trafficGroups.map((group) => group.groupIndex)).toEqual(frame.trafficGroups.map((_, i) => i + 1));
    }
  });

  it('moves objects steadily: most of them are near where one of their class was a frame ago', () => {
    let near = 0;
    let all = 0;
    for (let i = 1; i < frames.length; i++) {
      for (const { class: name, bbox } of frames[i]!.detectedObjects) {
        all++;
        const before = frames[i - 1]!.detectedObjects.filter((object) => object.class === name);
        if (before.some((object) => Math.abs(object.bbox[1] - bbox[1]) < 90)) near++;
      }
    }
    expect(all).toBeGreaterThan(1_000);
    expect(near / all).toBeGreaterThan(0.6);
  });

  it('shows scenes of every kind: nothing to assess, no risk, medium, high', () => {
    const counts = { empty: 0, none: 0, low: 0, medium: 0, high: 0 };
    for (const frame of frames) {
      const levels = assessmentTasks(frame, 2).map((task) => assessByRule(task).maxRiskLevel);
      const worst = (['high', 'medium', 'none'] as const).find((level) => levels.includes(level)) ?? 'empty';
      counts[worst]++;
    }
    for (const kind of ['empty', 'none', 'medium', 'high'] as const) expect(counts[kind], kind).toBeGreaterThan(5);
  });
});

describe('syntheticPartitions', () => {
  const [first, second] = syntheticPartitions(feed);

  it('has a partition per camera, with the camera as key and the frame number as offset', () => {
    expect(syntheticPartitions({ ...feed, cameras: 50 })).toHaveLength(50);
    const { records } = second!.next(frameNow, now + 450);
    expect(records).toEqual([
      { offset: frameNow, key: '2', value: syntheticDetection(feed, 2, frameNow), timestamp: now + 450 },
    ]);
  });

  it('gives a frame when it is taken, and says how long that is', () => {
    expect(first!.next(frameNow, now - 1)).toEqual({ records: [], waitMs: 1 });
    expect(first!.next(frameNow, now)).toMatchObject({ records: [{ offset: frameNow }], waitMs: 1_800 });
    expect(first!.next(frameNow + 1, now)).toEqual({ records: [], waitMs: 1_800 });
    expect(first!.bounds(now)).toEqual({ start: frameNow + 1 - 2_000, end: frameNow + 1 });
  });

  it('resumes at any frame of the last hour with the same records, all of them at once', () => {
    const ten = first!.next(frameNow - 9, now);
    expect(ten.records.map((record) => record.offset)).toEqual(Array.from({ length: 10 }, (_, i) => frameNow - 9 + i));
    expect(first!.next(frameNow - 4, now).records).toEqual(ten.records.slice(5));
  });

  it('gives long stretches in parts', () => {
    const part = first!.next(frameNow - 500, now);
    expect(part.records).toHaveLength(256);
    expect(part.waitMs).toBe(0);
  });

  it('begins with the oldest frame that is kept when the position is older', () => {
    const { start } = first!.bounds(now);
    expect(first!.next(0, now).records[0]?.offset).toBe(start);
  });

  it('has no frames before the epoch', () => {
    expect(second!.bounds(0)).toEqual({ start: 0, end: 0 });
    expect(second!.next(0, 0)).toEqual({ records: [], waitMs: 450 });
  });
});
