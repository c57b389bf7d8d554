import { expect, test } from 'vitest';
import { KafkaCluster } from '../../../src/connectors/kafka/kafka-cluster.ts';
import { RequestWriter } from '../../../src/connectors/kafka/protocol/request-writer.ts';
import { inTime, scripted, type Answer } from './scripted-transport.ts';

const [leaveGroup, describeGroups, deleteGroups] = [13, 15, 42];

function group(state: string, ...members: readonly (readonly [string, string | null])[]): Answer {
  return () =>
    new RequestWriter()
      .int32(0)
      .int32(1)
      .int16(0)
      .string('g')
      .string(state)
      .string('')
      .string('')
      .array(members, ([id, instance], out) =>
        out
          .string(id)
          .string(instance)
          .string('client')
          .string('/10.0.0.7')
          .bytes(Buffer.alloc(3))
          .bytes(Buffer.alloc(5)),
      )
      .int32(-1)
      .finish();
}

const left: Answer = () =>
  new RequestWriter()
    .int32(0)
    .int16(0)
    .array([25, 0], (code, out) => out.string('').string(null).int16(code))
    .finish();
const deleted: Answer = () => new RequestWriter().int32(0).int32(1).string('g').int16(0).finish();

function start(...described: readonly Answer[]) {
  const { transport, clock, context } = scripted();
  transport.answer(describeGroups, ...described);
  transport.answer(leaveGroup, left);
  transport.answer(deleteGroups, deleted);
  const cluster = new KafkaCluster(context);
  return {
    transport,
    remove: (force: boolean) => inTime(clock, cluster.deleteGroup('g', { force })),
    check: () => inTime(clock, cluster.checkIdle('g')),
  };
}

test('a group without members is deleted', async () => {
  const { transport, remove } = start(group('Dead'));
  await remove(false);
  expect(transport.log).toEqual([describeGroups, deleteGroups]);
});

test('a group with members is not, and says whose they are', async () => {
  const { transport, remove } = start(group('Stable', ['m-1', null]), group('Stable', ['m-2', 'pod-1']));
  const running = { code: 'FENCED', reaction: 'fail-job', remedy: 'Stop all workers of the job first.' };
  await expect(remove(false)).rejects.toMatchObject(running);
  await expect(remove(false)).rejects.toMatchObject({
    message: expect.stringContaining('pod-1 (10.0.0.7)') as string,
    remedy: expect.stringContaining('--force') as string,
  });
  expect(transport.log).toEqual([describeGroups, describeGroups]);
});

test('whether a group has members is found out without changing it', async () => {
  const { transport, check } = start(group('Empty'), group('Stable', ['m-1', null]));
  await check();
  await expect(check()).rejects.toMatchObject({ code: 'FENCED', remedy: 'Stop all workers of the job first.' });
  expect(transport.log).toEqual([describeGroups, describeGroups]);
});

test('by force, its members are removed first: static ones by their name', async () => {
  const { transport, remove } = start(group('Stable', ['m-1', null], ['m-2', 'pod-1']));
  await remove(true);
  expect(transport.log).toEqual([describeGroups, leaveGroup, deleteGroups]);
  const asked = new RequestWriter().string('g').int32(2).string('m-1').string(null).string('').string('pod-1').finish();
  expect(transport.sent[1]!.body.toString('hex')).toBe(asked.toString('hex'));
});
