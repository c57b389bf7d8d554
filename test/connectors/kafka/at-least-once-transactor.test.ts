import { expect, test } from 'vitest';
import { offsetCommitApi } from '../../../src/connectors/kafka/protocol/offset-commit.ts';
import type { Log, MemberId, SealedBatch } from '../../../src/core/log.ts';
import { at, codeOf, commitOf, outsider, sealed, valuesOf } from '../../../src/testing/suites/log-suite-kit.ts';
import { BusyClock } from './fake-broker/busy-clock.ts';
import { FakeCluster } from './fake-broker/fake-cluster.ts';
import { fakeKafkaLog } from './fake-broker/fake-log.ts';
import { inTime } from './scripted-transport.ts';

const [out, state] = ['results', 'job-count-changelog'];
const addPartitions = 24;
const endTxn = 26;

async function start() {
  const clock = new BusyClock();
  const cluster = new FakeCluster(clock);
  const log = fakeKafkaLog(cluster, clock, { guarantee: 'at-least-once' });
  await log.topics.create([
    { name: out, partitions: 1 },
    { name: state, partitions: 1, compacted: true },
    { name: 'numbers', partitions: 1 },
  ]);
  const member = await memberOf(log);
  const read = async (topic: string): Promise<readonly string[]> => {
    const reader = log.reader();
    const request = { partitionBytes: 1 << 20, maxWaitMs: 10, isolation: 'committed' as const };
    await clock.advance(20); // the ends of transactions come a little after their commits
    const values: string[] = [];
    for (let offset = 0; ;) {
      const [part] = await inTime(clock, reader.fetch({ ...request, partitions: [{ topic, partition: 0, offset }] }));
      if (part?.batch !== undefined) values.push(...valuesOf(part));
      if (part === undefined || part.nextOffset === offset) break;
      offset = part.nextOffset;
    }
    await reader.close();
    return values;
  };
  return { cluster, log, member, read, transactor: await log.transactor('job-a-0', 60_000) };
}

function memberOf(log: Log): Promise<MemberId> {
  return new Promise((resolve, reject) => {
    const joined = log.join({
      group: 'g',
      sessionTimeoutMs: 10_000,
      assignor: (members) => new Map(members.map(({ memberId }) => [memberId, Buffer.from('all')])),
      listener: {
        metadata: () => Buffer.alloc(0),
        onAssigned: async () => {
          resolve((await joined).id);
        },
        onLost: () => undefined,
        onError: reject,
      },
    });
  });
}

const records = (...values: string[]): SealedBatch => sealed(0, values, out);
const rows = (...values: string[]): SealedBatch => sealed(0, values, state);

test('without state there is no transaction: outputs, then offsets', async () => {
  const { cluster, read, member, transactor } = await start();
  cluster.asked.length = 0;
  await transactor.commit(commitOf([records('a', 'b')], [at(0, 7)], member));
  expect(cluster.asked).not.toContain(addPartitions);
  expect(cluster.asked).not.toContain(endTxn);
  expect(cluster.asked.indexOf(offsetCommitApi.apiKey)).toBeGreaterThan(cluster.asked.indexOf(0));
  expect(await read(out)).toEqual(['a', 'b']);
  expect(await transactor.committed('g', [{ topic: 'numbers', partition: 0 }])).toEqual([7]);
});

test('with state: outputs are seen though the transaction of state and offsets fails', async () => {
  const { read, member, transactor } = await start();
  const stale = { ...member, generation: member.generation + 5 };
  const commit = commitOf([records('a'), rows('x')], [at(0, 7)], stale);
  expect(await codeOf(transactor.commit(commit))).toBe('REBALANCE');
  expect(await read(out)).toEqual(['a']);
  expect(await read(state)).toEqual([]);
  expect(await transactor.committed('g', [{ topic: 'numbers', partition: 0 }])).toEqual([undefined]);
});

test('the same cut under the next generation does not write its outputs again', async () => {
  const { read, member, transactor } = await start();
  const commit = commitOf([records('a'), rows('x')], [at(0, 7)], member);
  const stale = { ...member, generation: member.generation + 5 };
  expect(await codeOf(transactor.commit({ ...commit, member: stale }))).toBe('REBALANCE');
  await transactor.commit(commit);
  await transactor.commit(commitOf([records('b')], [at(0, 8)], member));
  expect(await read(out)).toEqual(['a', 'b']);
  expect(await read(state)).toEqual(['x']);
  expect(await transactor.committed('g', [{ topic: 'numbers', partition: 0 }])).toEqual([8]);
});

test('a former holder of the id cannot change state, nor positions of a group it has left', async () => {
  const { log, read, member, transactor } = await start();
  await log.transactor('job-a-0', 60_000);
  expect(await codeOf(transactor.commit(commitOf([rows('old')], [at(0, 9)], member)))).toBe('FENCED');
  expect(await read(state)).toEqual([]);
  const gone = { ...member, memberId: 'somebody' };
  expect(await codeOf(transactor.commit(commitOf([records('late')], [at(0, 9)], gone)))).toBe('FENCED');
  expect(await transactor.committed('g', [{ topic: 'numbers', partition: 0 }])).toEqual([undefined]);
});

test('outsiders commit for a group only while it has no members', async () => {
  const { log, transactor } = await start();
  expect(await codeOf(transactor.commit(commitOf([records('a')], [at(0, 9)], { ...outsider, group: 'g' })))).toBe(
    'FENCED',
  );
  await transactor.commit(commitOf([], [at(0, 3)], { ...outsider, group: 'other' }));
  expect(await transactor.committed('other', [{ topic: 'numbers', partition: 0 }])).toEqual([3]);
  await log.close();
});

test('what is appended is seen before the commit', async () => {
  const { read, transactor } = await start();
  await transactor.append([records('early'), rows('x')]);
  expect(await read(out)).toEqual(['early']);
  expect(await read(state)).toEqual([]);
  await transactor.abort();
  expect(await read(out)).toEqual(['early']);
});
