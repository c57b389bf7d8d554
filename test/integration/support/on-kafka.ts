import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClusterOptions } from '../../../scripts/kafka/cluster-plan.ts';
import type { Cluster } from '../../../scripts/kafka/cluster.ts';
import { missingForKafka } from '../../../scripts/kafka/prerequisites.ts';
import { startCluster } from '../../../scripts/kafka/start-cluster.ts';

/**
 * Tests against real brokers, which are started before the first test and gone after the last. On a machine that cannot
 * start any the tests do not run: in CI that is a failure, elsewhere a loud message.
 */
export function describeOnKafka(name: string, options: ClusterOptions, body: (cluster: () => Cluster) => void): void {
  const missing = missingForKafka();
  if (missing !== undefined) {
    withoutKafka(name, missing);
    return;
  }
  describe(name, () => {
    let cluster: Cluster | undefined;
    beforeAll(async () => {
      cluster = await startCluster(options);
    });
    afterAll(async () => {
      await cluster?.remove();
    });
    body(() => cluster!);
  });
}

function withoutKafka(name: string, missing: string): void {
  if (process.env['CI'] === 'true') {
    describe(name, () => {
      test('runs against real brokers', () => {
        expect.fail(missing);
      });
    });
    return;
  }
  console.error(`\n!!! NOT RUN: ${name}: no real brokers on this machine.\n!!! ${missing}\n`);
  describe.skip(name, () => {
    test('runs against real brokers', () => {});
  });
}
