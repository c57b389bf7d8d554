import { expect, test } from 'vitest';
import { chaosPower } from '../chaos/power.ts';

test('a job with durability power keeps every commit through power cuts', async () => {
  const result = await chaosPower({ kills: 3, records: 6_000, seed: 1, workers: 1, log: () => undefined });
  expect(result).toMatchObject({ lost: 0, doubled: 0, disordered: 0, lostCommits: 0 });
  expect(result.cuts).toBeGreaterThan(0);
});
