import type { GroupMember, GroupSpec, Log } from '../../core/log.ts';
import { at, codeOf, commitOf, outsider, sealed, type Case, type Expect } from './log-suite-kit.ts';

/** A member that notes what happens to it. Its assignor tells everyone the metadata of all members, sorted. */
class Member {
  readonly name: string;
  readonly seen: string[] = [];
  readonly errors: Error[] = [];
  handle!: GroupMember;
  asked = 0;
  /** Held back: metadata is asked for only when this has resolved. */
  takingIn: Promise<void> = Promise.resolve();

  constructor(name: string) {
    this.name = name;
  }

  static async join(log: Log, name: string, more: Partial<GroupSpec> = {}): Promise<Member> {
    const member = new Member(name);
    member.handle = await log.join({
      group: 'g',
      sessionTimeoutMs: 10_000,
      assignor: (members) => {
        const all = members.map(({ metadata }) => Buffer.from(metadata).toString()).sort();
        return new Map(members.map(({ memberId }) => [memberId, Buffer.from(all.join())]));
      },
      listener: {
        metadata: () => {
          member.asked++;
          return Buffer.from(name);
        },
        onAssigned: (assignment) => {
          member.seen.push(Buffer.from(assignment).toString());
          return member.takingIn;
        },
        onLost: () => member.seen.push('lost'),
        onError: (error) => member.errors.push(error),
      },
      ...more,
    });
    return member;
  }

  get last(): string | undefined {
    return this.seen.at(-1);
  }
}

export function groupCases(check: Case, expect: Expect): void {
  check('assigns everything to a single member, under a generation it can commit with', async (one) => {
    const a = await Member.join(one.log, 'a');
    await one.until(() => a.last === 'a');
    const transactor = await one.log.transactor('t', 60_000);
    expect(a.handle.id.group).toBe('g');
    await transactor.commit(commitOf([], [at(0, 5)], a.handle.id));
    expect(await transactor.committed('g', [at(0, 0)])).toEqual([5]);
  });

  check('tells all members when one joins, leaves or asks', async (one) => {
    const a = await Member.join(one.log, 'a');
    await one.until(() => a.last === 'a');
    const first = a.handle.id.generation;
    const b = await Member.join(one.log, 'b');
    await one.until(() => a.last === 'a,b' && b.last === 'a,b');
    expect(a.handle.id.generation).toBeGreaterThan(first);
    expect(a.handle.id.generation).toBe(b.handle.id.generation);
    const [before] = [a.seen.length];
    b.handle.rejoin();
    await one.until(() => a.seen.length > before);
    await a.handle.leave();
    await one.until(() => b.last === 'b');
    expect(a.seen.includes('lost')).toBe(false);
    expect([...a.errors, ...b.errors]).toEqual([]);
  });

  check('asks a member again only when it has taken in its last assignment', async (one) => {
    const a = await Member.join(one.log, 'a');
    await one.until(() => a.last === 'a');
    let done: () => void = () => undefined;
    a.takingIn = new Promise((resolve) => (done = resolve));
    const b = await Member.join(one.log, 'b');
    await one.until(() => a.last === 'a,b');
    const asked = a.asked;
    b.handle.rejoin();
    for (let turn = 0; turn < 50; turn++) await one.clock.yield();
    expect(a.asked).toBe(asked);
    const assigned = b.seen.length;
    done();
    await one.until(() => b.seen.length > assigned);
    expect(a.asked).toBeGreaterThan(asked);
  });

  check('refuses commits of an old generation, of a member that left, and of outsiders', async (one) => {
    const a = await Member.join(one.log, 'a');
    await one.until(() => a.last === 'a');
    const old = a.handle.id;
    const b = await Member.join(one.log, 'b');
    await one.until(() => a.last === 'a,b' && b.last === 'a,b');
    for (let turn = 0; turn < 50; turn++) await one.clock.yield();
    const transactor = await one.log.transactor('t', 60_000);
    expect(await codeOf(transactor.commit(commitOf([sealed(0, ['x'])], [at(0, 1)], old)))).toBe('REBALANCE');
    const left = b.handle.id;
    await b.handle.leave();
    expect(await codeOf(transactor.commit(commitOf([sealed(0, ['x'])], [at(0, 1)], left)))).toBe('FENCED');
    expect(await codeOf(transactor.commit(commitOf([sealed(0, ['x'])], [at(0, 1)], outsider)))).toBe('FENCED');
    await one.settled();
    expect(await one.values()).toEqual([]);
    expect(await transactor.committed('g', [at(0, 0)])).toEqual([undefined]);
  });

  check('takes what it refused in an old generation when it is sent again in the new one', async (one) => {
    const a = await Member.join(one.log, 'a');
    await one.until(() => a.last === 'a');
    const old = a.handle.id;
    const b = await Member.join(one.log, 'b');
    await one.until(() => a.last === 'a,b' && b.last === 'a,b');
    for (let turn = 0; turn < 50; turn++) await one.clock.yield();
    const transactor = await one.log.transactor('t', 60_000);
    const commit = commitOf([sealed(0, ['x'])], [at(0, 1)], old);
    expect(await codeOf(transactor.commit(commit))).toBe('REBALANCE');
    expect(await codeOf(transactor.commit({ ...commit, member: a.handle.id }))).toBe('no error');
    await one.settled();
    expect(await one.values()).toEqual(['x']);
    expect(await transactor.committed('g', [at(0, 0)])).toEqual([1]);
  });

  check('removes a member that does not answer for too long, and takes it back later', async (one) => {
    const a = await Member.join(one.log, 'a');
    await one.until(() => a.last === 'a');
    let done: () => void = () => undefined;
    a.takingIn = new Promise((resolve) => (done = resolve));
    const b = await Member.join(one.log, 'b');
    await one.until(() => b.last === 'a,b');
    const old = a.handle.id;
    b.handle.rejoin();
    for (let turn = 0; turn < 50; turn++) await one.clock.yield();
    await one.clock.advance(one.cluster?.patienceMs ?? 10_000);
    await one.until(() => b.seen.includes('b') && a.seen.includes('lost'));
    const transactor = await one.log.transactor('t', 60_000);
    expect(await codeOf(transactor.commit(commitOf([], [at(0, 1)], old)))).toBe('FENCED');
    a.takingIn = Promise.resolve();
    done();
    await one.until(() => a.last === 'a,b' && b.last === 'a,b');
    expect(a.handle.id.memberId === old.memberId).toBe(false);
  });

  check('gives the place of a static member to its next instance', async (one) => {
    const a = await Member.join(one.log, 'a', { instanceId: 'one' });
    await one.until(() => a.last === 'a');
    const again = await Member.join(one.log, 'b', { instanceId: 'one' });
    await one.until(() => again.last !== undefined && a.errors.length > 0);
    // Kafka answers with the assignment as it is and starts no new round for it.
    expect(again.last).toBe(one.cluster === undefined ? 'b' : 'a');
    expect(await codeOf(Promise.reject(a.errors[0]!))).toBe('FENCED');
    expect(a.seen.includes('lost')).toBe(false); // which would let it try again
  });

  check('keeps groups apart', async (one) => {
    const a = await Member.join(one.log, 'a');
    const b = await Member.join(one.log, 'b', { group: 'h' });
    await one.until(() => a.last !== undefined && b.last !== undefined);
    expect([a.seen.at(-1), b.seen.at(-1)]).toEqual(['a', 'b']);
  });
}
