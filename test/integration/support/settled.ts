import { expect } from 'vitest';
import type { Log } from '../../../src/core/log.ts';

/**
 * Waits until readers see how everything ended that has been written to a topic so far: the marker of a transaction lands
 * a little after its commit was answered.
 */
export async function settled(log: Log, topic: string): Promise<void> {
  const [description] = await log.topics.describe([topic]);
  const places = Array.from({ length: description?.partitions ?? 0 }, (_, partition) => ({ topic, partition }));
  const ends = (await log.topics.bounds(places)).map(({ end }) => end);
  const open = async (): Promise<boolean> => {
    const bounds = await log.topics.bounds(places);
    return bounds.some(({ stable }, i) => stable < ends[i]!);
  };
  await expect.poll(open, { interval: 20 }).toBe(false);
}
