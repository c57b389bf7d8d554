import { expect, test } from 'vitest';
import { StreamError } from '../../src/core/stream-error.ts';
import type { PartitionOffset, TopicAdmin } from '../../src/core/log.ts';
import { Purge } from '../../src/runtime/purge.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

function setUp(fail = false) {
  const clock = new ManualClock();
  const deleted: (readonly PartitionOffset[])[] = [];
  const warnings: string[] = [];
  const topics = {
    deleteRecords: (before: readonly PartitionOffset[]) => {
      if (fail) return Promise.reject(new StreamError('NOT_AUTHORIZED', 'no'));
      deleted.push(before);
      return Promise.resolve();
    },
  } as unknown as TopicAdmin;
  return { clock, deleted, warnings, purge: new Purge(topics, clock, (message) => warnings.push(message)) };
}

const at = (offset: number): PartitionOffset => ({ topic: 'job-count-repartition', partition: 0, offset });

test('is due every thirty seconds', async () => {
  const { clock, purge } = setUp();
  expect(purge.due).toBe(false);
  await clock.advance(30_000);
  expect(purge.due).toBe(true);
  await purge.run([at(5)]);
  expect(purge.due).toBe(false);
});

test('asks only for what was not deleted before', async () => {
  const { deleted, purge } = setUp();
  await purge.run([at(0)]);
  await purge.run([at(5)]);
  await purge.run([at(5)]);
  await purge.run([at(6)]);
  expect(deleted).toEqual([[at(5)], [at(6)]]);
});

test('survives a failure, tells of it once, and tries again', async () => {
  const { warnings, purge } = setUp(true);
  await purge.run([at(5)]);
  await purge.run([at(6)]);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('NOT_AUTHORIZED');
});
