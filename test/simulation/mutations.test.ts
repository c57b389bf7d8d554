/** The simulator can fail: whatever step of a commit is broken, it notices within 1,000 seeds. */
import { describe, expect, it } from 'vitest';
import { mutations } from './broken-ports.ts';
import { simulatedJobs } from './topologies/index.ts';

const mostSeeds = 1_000;

describe('the simulator notices when', () => {
  it.each(mutations.map((mutation) => [mutation.name, mutation] as const))(
    '%s',
    async (_name, { job: name, log, wrappers }) => {
      const job = simulatedJobs.find((candidate) => candidate.name === name)!;
      for (let seed = 1; seed <= mostSeeds; seed++) {
        const { violation } = await job.run(seed, { log }, wrappers());
        if (violation !== undefined) return;
      }
      expect.fail(`${mostSeeds} seeds did not notice`);
    },
    300_000,
  );
});
