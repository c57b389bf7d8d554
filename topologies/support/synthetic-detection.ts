import { createHash } from 'node:crypto';
import type { DetectionResult } from '../contracts.ts';
import { chance } from './chance.ts';
import { scene, syntheticObjects } from './synthetic-scene.ts';
import { trafficGroups } from './traffic-groups.ts';

/** Cameras that exist only as arithmetic: everything they see follows from (seed, camera, frame number). */
export interface SyntheticCameras {
  readonly seed: number;
  /** Cameras are numbered from 1. */
  readonly cameras: number;
  /** Time between two frames of a camera. */
  readonly intervalMs: number;
}

/** Stands for the cut-out picture of a group: there are no pixels to cut out. One transparent pixel, PNG. */
const placeholderImage =
  'data:image/png;base64,' +
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

/** When a frame is taken: `frame` intervals after the Unix epoch; cameras take turns within an interval. */
export function frameTimeMs({ cameras, intervalMs }: SyntheticCameras, camera: number, frame: number): number {
  return frame * intervalMs + Math.floor(((camera - 1) * intervalMs) / cameras);
}

/** What detection would make of the frame. */
export function syntheticDetection(feed: SyntheticCameras, camera: number, frame: number): DetectionResult {
  const { seed } = feed;
  const detectedObjects = syntheticObjects(seed, camera, frame);
  const url = `synthetic://${String(seed)}/camera-${String(camera)}/frame-${String(frame)}`;
  return {
    messageId: frameId(seed, camera, frame),
    cameraId: camera,
    timestamp: new Date(frameTimeMs(feed, camera, frame)).toISOString(),
    imageWidth: scene.width,
    imageHeight: scene.height,
    rawFrameUrl: url,
    detectedObjects,
    trafficGroups: trafficGroups(detectedObjects).map(({ objects, bbox }, i) => ({
      groupIndex: i + 1,
      objectCount: objects.length,
      bbox,
      classes: [...new Set(objects.map((object) => object.class))].sort(),
      groupImageUrl: `${url}/group-${String(i + 1)}`,
      groupImageBase64: placeholderImage,
    })),
    metadata: {
      detectionLatency: Math.round(150 + 100 * chance(seed, camera, frame)) / 1000,
      yoloModel: 'synthetic-camera',
      processingNode: 'synthetic',
    },
  };
}

/** A hash in the form of a version 4 UUID. */
function frameId(seed: number, camera: number, frame: number): string {
  const hash = createHash('sha256')
    .update(`${String(seed)}/${String(camera)}/${String(frame)}`)
    .digest();
  hash[6] = (hash[6]! & 0x0f) | 0x40;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
