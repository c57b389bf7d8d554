import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
} from 'kafkajs';
import { expect, test } from 'vitest';
import { at, commitOf, sealed } from '../../../src/testing/suites/log-suite-kit.ts';
import { fresh, openLog, TestMember } from '../support/kafka-case.ts';
import { describeOnKafka } from '../support/on-kafka.ts';

describeOnKafka('a broker with permissions', { security: true }, (cluster) => {
  const as = (user: 'admin' | 'alice') => {
    const { sasl, users } = cluster().security!;
    return openLog(sasl, { sasl: { mechanism: 'PLAIN', username: user, password: users[user] } });
  };
  const refused = { code: 'NOT_AUTHORIZED', remedy: expect.stringContaining('ACL') as string };

  test('whatever is not allowed is said so at once, with what it was', async () => {
    const [admin, alice] = [await as('admin'), await as('alice')];
    const topic = fresh('guarded');
    await admin.topics.create([{ name: topic, partitions: 1 }]);
    await expect(alice.topics.create([{ name: fresh('new'), partitions: 1 }])).rejects.toMatchObject(refused);
    const place = { topic, partition: 0 };
    const reason = { ...refused, place: expect.objectContaining({ topic }) as object };
    await expect(alice.topics.describe([topic])).rejects.toMatchObject(reason);
    await expect(alice.topics.bounds([place])).rejects.toMatchObject(reason);
    await expect(alice.topics.committed(fresh('group'), [place])).rejects.toMatchObject(refused);
    await expect(alice.transactor(fresh('id'), 60_000)).rejects.toMatchObject(refused);
    const reader = alice.reader();
    const request = { partitionBytes: 1_000, maxWaitMs: 10_000, isolation: 'committed' as const };
    await expect(reader.fetch({ ...request, partitions: [{ ...place, offset: 0 }] })).rejects.toMatchObject(reason);
    const member = await TestMember.join(alice, fresh('group'), 'a', 1);
    await expect.poll(() => member.errors.length).toBe(1);
    expect(member.errors).toMatchObject([refused]);
  });

  test('a transactional id alone does not let anybody write', async () => {
    const [admin, alice] = [await as('admin'), await as('alice')];
    const topic = fresh('guarded');
    const group = fresh('group');
    await admin.topics.create([{ name: topic, partitions: 1 }]);
    await allow(cluster().security!.sasl, cluster().security!.users.admin);
    const transactor = await alice.transactor(fresh('id'), 60_000);
    const write = transactor.commit(commitOf([sealed(0, ['x'], topic)]));
    await expect(write).rejects.toMatchObject({ ...refused, place: expect.objectContaining({ topic }) as object });
    const commit = transactor.commit(commitOf([], [{ ...at(0, 1), topic }], { group, generation: -1, memberId: '' }));
    await expect(commit).rejects.toMatchObject(refused);
  });
});

/** Lets alice open transactional ids. */
async function allow(broker: string, password: string): Promise<void> {
  const sasl = { mechanism: 'plain', username: 'admin', password } as const;
  const admin = new Kafka({ brokers: [broker], sasl, logLevel: logLevel.NOTHING, connectionTimeout: 30_000 }).admin();
  await admin.connect();
  const permission = {
    resourceType: AclResourceTypes.TRANSACTIONAL_ID,
    resourceName: '*',
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: 'User:alice',
    host: '*',
    operation: AclOperationTypes.ALL,
    permissionType: AclPermissionTypes.ALLOW,
  };
  await admin.createAcls({ acl: [permission] });
  // The broker follows the controller, which has answered.
  await expect.poll(async () => (await admin.describeAcls(permission)).resources.length).toBe(1);
  await admin.disconnect();
}
