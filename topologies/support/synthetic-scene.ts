/**
 * The street that a synthetic camera looks at, as a pure function of (seed, camera, frame number).
 *
 *        sidewalk  ---------------------->          Each lane has slots of `every` frames; a slot holds a traveller or
 *        lane      <----------------------          not, by chance. Its class, speed and start follow from the slot, so
 *        lane      <----------|-----------          it moves steadily from frame to frame, and any frame can be made
 *        lane      -----------|---------->          without the ones before it.
 *        sidewalk  <---- crossing --------
 */
import type { DetectedObject } from '../contracts.ts';
import { chance } from './chance.ts';

type ObjectClass = keyof typeof sizes;

interface Lane {
  readonly axis: 'x' | 'y';
  /** Where it lies on the other axis, pixels. */
  readonly at: number;
  readonly from: number;
  readonly to: number;
  /** Pixels per frame, +-20 % per traveller. */
  readonly speed: number;
  /** Frames between two slots. */
  readonly every: number;
  /** Share of slots taken in dense traffic. */
  readonly density: number;
  /** Repeated classes are more frequent. */
  readonly classes: readonly ObjectClass[];
}

export const scene = { width: 1920, height: 1080 } as const;

/** Width and height in pixels. */
const sizes = {
  car: [180, 110],
  truck: [280, 160],
  bus: [320, 170],
  motorcycle: [90, 90],
  bicycle: [80, 90],
  person: [50, 120],
} as const;

const traffic: readonly ObjectClass[] = ['car', 'car', 'car', 'car', 'truck', 'bus', 'motorcycle', 'bicycle'];
const walkers: readonly ObjectClass[] = ['person'];
const lanes: readonly Lane[] = [
  { axis: 'x', at: 240, from: 0, to: 1920, speed: 60, every: 12, density: 0.6, classes: walkers },
  { axis: 'x', at: 440, from: 1920, to: 0, speed: 220, every: 2, density: 0.9, classes: traffic },
  { axis: 'x', at: 540, from: 1920, to: 0, speed: 260, every: 2, density: 0.9, classes: traffic },
  { axis: 'x', at: 650, from: 0, to: 1920, speed: 200, every: 2, density: 0.9, classes: traffic },
  { axis: 'x', at: 940, from: 1920, to: 0, speed: 55, every: 12, density: 0.6, classes: walkers },
  { axis: 'y', at: 1150, from: 260, to: 920, speed: 70, every: 12, density: 0.6, classes: walkers },
];

/** What a detector would see in the frame: integer pixels, confidences below 1, now and then an object missed. */
export function syntheticObjects(seed: number, camera: number, frame: number): DetectedObject[] {
  const seen: Omit<DetectedObject, 'objectId'>[] = [];
  lanes.forEach((lane, laneIndex) => {
    const travelFrames = Math.ceil(Math.abs(lane.to - lane.from) / (lane.speed * 0.8)) + lane.every;
    const last = Math.floor(frame / lane.every);
    for (let slot = Math.floor((frame - travelFrames) / lane.every); slot <= last; slot++) {
      const draw = (what: number): number => chance(seed, camera, laneIndex, slot, what);
      if (draw(0) >= lane.density * rush(seed, camera, slot * lane.every)) continue;
      const travelled = (frame - (slot + draw(1)) * lane.every) * lane.speed * (0.8 + 0.4 * draw(2));
      if (travelled < 0 || travelled > Math.abs(lane.to - lane.from)) continue;
      if (chance(seed, camera, laneIndex, slot, frame) < 0.03) continue;
      const objectClass = lane.classes[Math.floor(draw(3) * lane.classes.length)]!;
      const confidence = Math.round(550 + 420 * chance(seed, camera, laneIndex, slot, -frame)) / 1000;
      seen.push({ class: objectClass, confidence, bbox: boxOn(lane, travelled, objectClass, draw(4)) });
    }
  });
  return seen.map((object, i) => ({ objectId: i + 1, ...object }));
}

/** Traffic comes and goes: a factor from 0 to 1 that changes every 20 frames. */
function rush(seed: number, camera: number, frame: number): number {
  return chance(seed, camera, Math.floor(frame / 20));
}

/** The traveller's box, cut at the edges of the image. */
function boxOn(lane: Lane, travelled: number, objectClass: ObjectClass, drift: number): DetectedObject['bbox'] {
  const along = lane.from + Math.sign(lane.to - lane.from) * travelled;
  const across = lane.at + (drift - 0.5) * 40;
  const [x, y] = lane.axis === 'x' ? [along, across] : [across, along];
  const [width, height] = sizes[objectClass];
  return [
    clamp(x - width / 2, scene.width),
    clamp(y - height / 2, scene.height),
    clamp(x + width / 2, scene.width),
    clamp(y + height / 2, scene.height),
  ];
}

function clamp(value: number, size: number): number {
  return Math.min(size, Math.max(0, Math.round(value)));
}
