/** A few seeds of every topology on both logs; `npm run simulate` runs thousands. */
import { expect, it } from 'vitest';
import { describeViolation } from '../../src/testing/simulate.ts';
import { simulatedJobs } from './topologies/index.ts';

const seeds = 8;

it.each(simulatedJobs.flatMap((job) => (['kafka', 'embedded'] as const).map((log) => ({ name: job.name, log, job }))))(
  '$name is exactly-once on the $log log',
  async ({ job, log }) => {
    for (let seed = 1; seed <= seeds; seed++) {
      const { violation } = await job.run(seed, { log });
      if (violation !== undefined) expect.fail(describeViolation(violation));
    }
  },
  60_000,
);
