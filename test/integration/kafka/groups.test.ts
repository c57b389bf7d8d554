import { expect, test } from 'vitest';
import { delay, systemClock } from '../../../src/core/clock.ts';
import { describeOnKafka } from '../support/on-kafka.ts';
import { fresh, openLog, TestMember } from '../support/kafka-case.ts';

const tasks = 12;

/** Waits until the members share all tasks. */
function shared(...members: readonly TestMember[]): Promise<void> {
  const each = Math.floor(tasks / members.length);
  return expect
    .poll(() => members.map((member) => member.tasks.length), { interval: 20 })
    .toEqual(members.map(() => each));
}

describeOnKafka('a group on one broker', {}, (cluster) => {
  test('shares tasks among three members, and again when one leaves or falls silent', async () => {
    const group = fresh('group');
    const logs = await Promise.all([1, 2, 3].map(() => openLog(cluster().bootstrap)));
    const a = await TestMember.join(logs[0]!, group, 'a', tasks);
    await shared(a);
    const b = await TestMember.join(logs[1]!, group, 'b', tasks);
    await shared(a, b);
    const c = await TestMember.join(logs[2]!, group, 'c', tasks, { sessionTimeoutMs: 10_000 });
    await shared(a, b, c);
    expect(new Set([a, b, c].map(({ handle }) => handle.id.generation)).size).toBe(1);
    expect([a, b, c].flatMap((member) => member.tasks).sort((x, y) => x - y)).toEqual([...Array(tasks).keys()]);
    await b.handle.leave();
    await shared(a, c);
    await logs[2]!.close(); // without a good-bye
    await shared(a);
    expect([a, b, c].map(({ lost }) => lost)).toEqual([0, 0, 0]);
    expect([...a.errors, ...b.errors, ...c.errors]).toEqual([]);
  });

  test('takes several members of one log', async () => {
    const group = fresh('group');
    const log = await openLog(cluster().bootstrap);
    const members = await Promise.all(['a', 'b', 'c', 'd'].map((name) => TestMember.join(log, group, name, tasks)));
    await shared(...members);
  });

  test('keeps the place of a static member that starts again within its session', async () => {
    const group = fresh('group');
    const [one, two] = [await openLog(cluster().bootstrap), await openLog(cluster().bootstrap)];
    const other = await TestMember.join(one, group, 'b', tasks);
    const first = await TestMember.join(two, group, 'a', tasks, { instanceId: 'place', keepPlace: true });
    await shared(other, first);
    const { generation } = other.handle.id;
    await first.handle.leave();
    const before = performance.now();
    // What it tells of itself may be new: the broker does not look at it.
    const again = await TestMember.join(two, group, 'A', tasks, { instanceId: 'place' });
    await shared(other, again);
    console.log(`static member back after ${(performance.now() - before).toFixed(0)} ms`);
    expect(again.handle.id.generation).toBe(generation);
    expect(other.handle.id.generation).toBe(generation);
    expect(again.tasks).toEqual(first.tasks);
    await again.handle.leave(); // for good
    await shared(other);
  });

  test('a static member that leaves while its first join waits leaves nothing behind', async () => {
    const group = fresh('group');
    const [one, two] = [await openLog(cluster().bootstrap), await openLog(cluster().bootstrap)];
    let taken = (): void => undefined;
    const first = await TestMember.join(one, group, 'a', tasks);
    await shared(first);
    first.takingIn = new Promise((resolve) => (taken = resolve));
    first.handle.rejoin();
    await expect.poll(() => first.assignments).toBe(2);
    const { generation } = first.handle.id;
    const second = await TestMember.join(two, group, 'b', tasks, { instanceId: 'place' });
    await delay(systemClock, 1_000); // the broker has its request, and waits for the first member
    await second.handle.leave();
    first.takingIn = Promise.resolve();
    taken();
    await expect.poll(() => first.handle.id.generation).toBeGreaterThan(generation);
    await delay(systemClock, 1_000);
    expect(first.tasks.length).toBe(tasks);
    expect(second.assignments).toBe(0);
  });

  test('lets the newest of two instances with one name live', async () => {
    const group = fresh('group');
    const [one, two] = [await openLog(cluster().bootstrap), await openLog(cluster().bootstrap)];
    const former = await TestMember.join(one, group, 'a', tasks, { instanceId: 'place' });
    await shared(former);
    const latter = await TestMember.join(two, group, 'a', tasks, { instanceId: 'place' });
    await shared(latter);
    await expect.poll(() => former.errors.length).toBe(1);
    expect(former.errors).toMatchObject([{ code: 'FENCED', reaction: 'fail-job' }]);
    expect([former.lost, latter.lost]).toEqual([0, 0]);
  });

  test('refuses a session timeout that the broker does not allow', async () => {
    const log = await openLog(cluster().bootstrap);
    const member = await TestMember.join(log, fresh('group'), 'a', tasks, { sessionTimeoutMs: 1_000 });
    await expect.poll(() => member.errors.length).toBe(1);
    expect(member.errors).toMatchObject([{ code: 'CONFIG_INVALID' }]);
  });
});

describeOnKafka('a group on three brokers', { brokers: 3, heapMb: 256 }, (cluster) => {
  test('goes on when its coordinator dies', async () => {
    const group = fresh('group');
    const logs = await Promise.all([1, 2, 3].map(() => openLog(cluster().bootstrap)));
    const members = await Promise.all(['a', 'b', 'c'].map((name, i) => TestMember.join(logs[i]!, group, name, tasks)));
    await shared(...members);
    for (const broker of cluster().brokers) {
      const generation = members[0]!.handle.id.generation;
      const before = performance.now();
      await broker.kill();
      const extra = await TestMember.join(logs[0]!, group, 'd', tasks);
      await shared(...members, extra);
      expect(members[0]!.handle.id.generation).toBeGreaterThan(generation);
      console.log(
        `without broker ${broker.id}: a new member was in after ${(performance.now() - before).toFixed(0)} ms`,
      );
      await extra.handle.leave();
      await shared(...members);
      await broker.start();
    }
    expect(members.map(({ lost }) => lost)).toEqual([0, 0, 0]);
    expect(members.flatMap(({ errors }) => errors)).toEqual([]);
  });
});
