import { describe, expect, test } from 'vitest';
import { KafkaCluster } from '../../../src/connectors/kafka/kafka-cluster.ts';
import { RequestWriter } from '../../../src/connectors/kafka/protocol/request-writer.ts';
import { inTime, scripted, type Answer } from './scripted-transport.ts';

const [leaveGroup, describeGroups, describeConfigs, deleteGroups] = [13, 15, 32, 42];

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

describe('how long positions are kept', () => {
  const notAuthorized = 31;
  /** What each broker, of two, says of itself: minutes, or nothing, or an error code. */
  const asked = (...says: readonly (string | undefined | number)[]): Promise<number | undefined> => {
    const { transport, clock, context } = scripted();
    const brokers = [0, 1].map((node) => ({ node, host: 'here', port: node, rack: null }));
    transport.metadata = () => Promise.resolve({ controller: 0, brokers, topics: [] });
    transport.answer(describeConfigs, ({ node }) => {
      const said = says[node];
      const values = typeof said === 'string' ? [said] : [];
      return new RequestWriter()
        .int32(0)
        .array([node], (name, out) =>
          out
            .int16(typeof said === 'number' ? said : 0)
            .string(null)
            .int8(4)
            .string(String(name))
            .array(values, (value) =>
              out
                .string('offsets.retention.minutes')
                .string(value)
                .boolean(true)
                .int8(5)
                .boolean(false)
                .array([], () => out),
            ),
        )
        .finish();
    });
    return inTime(clock, new KafkaCluster(context).positionsKeptMs());
  };

  test('is what the broker says that keeps them for the shortest time', async () => {
    await expect(asked('10080', '1440')).resolves.toBe(86_400_000);
  });

  test.each([
    ['does not have the setting', undefined],
    ['does not tell this user', notAuthorized],
  ])('is not known when a broker %s', async (_, says) => {
    await expect(asked('10080', says)).resolves.toBeUndefined();
  });

  test('fails as the broker does', async () => {
    await expect(asked('10080', 42)).rejects.toMatchObject({ message: expect.stringContaining('broker 1') as string });
  });
});
