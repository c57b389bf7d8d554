import { expect, test } from 'vitest';
import { logSuite } from '../../../src/testing/suites/log-suite.ts';
import { isolated } from '../support/isolated-log.ts';
import { fresh, openLog } from '../support/kafka-case.ts';
import { describeOnKafka } from '../support/on-kafka.ts';
import { realClock } from '../support/real-clock.ts';

// The suite's records are of 1970: a broker would soon delete them.
describeOnKafka('the log suite on a broker', { settings: { 'log.retention.ms': '-1' } }, (cluster) => {
  logSuite(
    { test, expect },
    {
      open: async () => isolated(await openLog(cluster().bootstrap, { rebalanceTimeout: '5s' }), `${fresh('case')}-`),
      cluster: { clock: () => realClock, patienceMs: 6_000 },
    },
  );
});
