import type { DetectedObject } from '../contracts.ts';

type Box = DetectedObject['bbox'];

export interface ObjectGroup {
  readonly objects: readonly DetectedObject[];
  /** Smallest box around all of them. */
  readonly bbox: Box;
}

/**
 * Clusters objects whose box centres are linked by steps of at most `distance` pixels (union-find). Groups come in the
 * order of their first object; a lone object is a group of one.
 */
export function trafficGroups(objects: readonly DetectedObject[], distance = 150): ObjectGroup[] {
  const parents = objects.map((_, i) => i);
  const root = (i: number): number => {
    let at = i;
    while (parents[at] !== at) at = parents[at]!;
    return at;
  };
  for (let i = 0; i < objects.length; i++) {
    for (let j = i + 1; j < objects.length; j++) {
      // The smaller index becomes the root, which keeps the groups in the order of their first object.
      const [a, b] = [root(i), root(j)];
      if (a !== b && near(objects[i]!, objects[j]!, distance)) parents[Math.max(a, b)] = Math.min(a, b);
    }
  }
  const members = new Map<number, DetectedObject[]>();
  objects.forEach((object, i) => {
    const group = members.get(root(i));
    if (group === undefined) members.set(root(i), [object]);
    else group.push(object);
  });
  return [...members.values()].map((group) => ({ objects: group, bbox: hull(group) }));
}

function near(a: DetectedObject, b: DetectedObject, distance: number): boolean {
  const dx = (a.bbox[0] + a.bbox[2] - b.bbox[0] - b.bbox[2]) / 2;
  const dy = (a.bbox[1] + a.bbox[3] - b.bbox[1] - b.bbox[3]) / 2;
  return dx * dx + dy * dy <= distance * distance;
}

function hull(objects: readonly DetectedObject[]): Box {
  const side = (i: number): number[] => objects.map(({ bbox }) => bbox[i]!);
  return [Math.min(...side(0)), Math.min(...side(1)), Math.max(...side(2)), Math.max(...side(3))];
}
