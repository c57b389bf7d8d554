import { groupOf, groups, windowMs, type Event } from './topology.ts';

/** The events of a run: everything follows from (seed, number). Keys take turns at random; times never decrease. */
export function makeEvents(records: number, seed: number): Event[] {
  const random = mulberry(seed);
  const keys = Math.max(groups, Math.floor(records / 50));
  const seen = new Map<string, number>();
  return Array.from({ length: records }, (_, i) => {
    const key = `k${String(Math.floor(random() * keys))}`;
    const n = (seen.get(key) ?? 0) + 1;
    seen.set(key, n);
    return { key, n, time: i * 2 };
  });
}

/** What the windows must be: `group@end` to count. */
export function expectedWindows(events: readonly Event[]): Map<string, number> {
  const expected = new Map<string, number>();
  for (const { key, time } of events) {
    const id = `${String(groupOf(key))}@${String(Math.floor(time / windowMs) * windowMs + windowMs)}`;
    expected.set(id, (expected.get(id) ?? 0) + 1);
  }
  return expected;
}

export function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
