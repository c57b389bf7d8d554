import { expect, test } from 'vitest';
import { logSuite } from '../../../../src/testing/suites/log-suite.ts';
import { BusyClock } from './busy-clock.ts';
import { FakeCluster } from './fake-cluster.ts';
import { fakeKafkaLog } from './fake-log.ts';

logSuite(
  { test, expect },
  {
    open: (clock) => Promise.resolve(fakeKafkaLog(new FakeCluster(clock, [1, 2]), clock, { rebalanceTimeout: '2s' })),
    cluster: { clock: () => new BusyClock(), patienceMs: 2_500 },
  },
);
