import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DetectedObject } from '../../../topologies/contracts.ts';
import { trafficGroups } from '../../../topologies/support/traffic-groups.ts';

const objectAt = (objectId: number, x: number, y: number): DetectedObject => ({
  objectId,
  class: 'car',
  confidence: 0.9,
  bbox: [x - 20, y - 10, x + 20, y + 10],
});

const ids = (centres: readonly (readonly [number, number])[]) =>
  trafficGroups(centres.map(([x, y], i) => objectAt(i + 1, x, y))).map(({ objects }) =>
    objects.map((object) => object.objectId),
  );

describe('trafficGroups', () => {
  it('links centres up to 150 pixels apart and no further', () => {
    expect(
      ids([
        [0, 0],
        [150, 0],
        [301, 0],
      ]),
    ).toEqual([[1, 2], [3]]);
    expect(
      ids([
        [0, 0],
        [90, 120],
      ]),
    ).toEqual([[1, 2]]);
    expect(
      ids([
        [0, 0],
        [91, 120],
      ]),
    ).toEqual([[1], [2]]);
  });

  it('joins what a later object links', () => {
    expect(
      ids([
        [0, 0],
        [500, 0],
        [200, 0],
        [100, 0],
        [350, 0],
      ]),
    ).toEqual([[1, 2, 3, 4, 5]]);
  });

  it('puts the smallest box around a group', () => {
    expect(trafficGroups([objectAt(1, 100, 100), objectAt(2, 150, 60)])[0]?.bbox).toEqual([80, 50, 170, 110]);
  });

  it('agrees with repeated merging of any two groups that touch', () => {
    const centre = fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 600 }));
    fc.assert(
      fc.property(fc.array(centre, { maxLength: 15 }), (centres) => {
        let groups = centres.map((_, i) => [i]);
        const touch = (a: number[], b: number[]): boolean =>
          a.some((i) =>
            b.some((j) => Math.hypot(centres[i]![0] - centres[j]![0], centres[i]![1] - centres[j]![1]) <= 150),
          );
        for (let merged = true; merged;) {
          merged = false;
          for (const a of groups) {
            const b = groups.find((other) => other !== a && touch(a, other));
            if (b === undefined) continue;
            groups = [...groups.filter((other) => other !== a && other !== b), [...a, ...b].sort((x, y) => x - y)];
            merged = true;
            break;
          }
        }
        const naive = groups.map((group) => group.map((i) => i + 1)).sort((x, y) => x[0]! - y[0]!);
        expect(ids(centres)).toEqual(naive);
      }),
    );
  });
});
