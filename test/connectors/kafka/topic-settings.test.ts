import { expect, test } from 'vitest';
import { configsOf, descriptionOf } from '../../../src/connectors/kafka/topic-settings.ts';

const forever = { 'segment.bytes': '52428800', 'message.timestamp.after.max.ms': '9223372036854775807' };

test.each([
  ['a topic of users says nothing that was not asked for', {}, {}],
  [
    'retention, compaction and compression as asked',
    { retentionMs: 5, compacted: true, compression: 'lz4' },
    { 'retention.ms': '5', 'cleanup.policy': 'compact', 'compression.type': 'lz4' },
  ],
  ['repartition topics keep what is not purged', { internal: true }, { ...forever, 'retention.ms': '-1' }],
  [
    'changelogs are compacted, in segments that soon may be',
    { internal: true, compacted: true },
    { ...forever, 'cleanup.policy': 'compact' },
  ],
])('%s', (_, spec, configs) => {
  expect(Object.fromEntries(configsOf({ name: 't', partitions: 1, ...spec }))).toEqual(configs);
});

test('a description is made of the cluster and of settings, as far as they are known', () => {
  const partitions = [{ partition: 0, leader: 1, leaderEpoch: 0, replicas: [1] }];
  const view = { name: 'job-count-changelog', id: 'uuid', internal: false, error: 0, partitions };
  const configs = new Map([
    ['retention.ms', '-1'],
    ['cleanup.policy', 'delete,compact'],
  ]);
  const known = { name: view.name, partitions: 1, id: 'uuid', internal: true };
  expect(descriptionOf(view, configs)).toEqual({ ...known, retentionMs: undefined, compacted: true });
  expect(descriptionOf(view, undefined)).toEqual({ ...known, retentionMs: undefined, compacted: false });
  expect(descriptionOf({ ...view, name: 'orders' }, new Map([['retention.ms', '7']]))).toMatchObject({
    internal: false,
    retentionMs: 7,
  });
});
