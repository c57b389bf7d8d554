import { describe, expect, test } from 'vitest';
import { KafkaMember } from '../../../src/connectors/kafka/kafka-member.ts';
import { RequestWriter } from '../../../src/connectors/kafka/protocol/request-writer.ts';
import { ResponseReader } from '../../../src/connectors/kafka/protocol/response-reader.ts';
import type { GroupSpec } from '../../../src/core/log.ts';
import { code, lost, scripted, type Answer, type ScriptedTransport } from './scripted-transport.ts';

const joinGroup = 11;
const heartbeat = 12;
const leaveGroup = 13;
const syncGroup = 14;
const memberIdRequired = 79;

interface Joined {
  readonly memberId: string;
  readonly metadata: Buffer;
}

function joinOf(body: Buffer): Joined {
  const reader = new ResponseReader(body);
  reader.string();
  reader.int32();
  reader.int32();
  const memberId = reader.string();
  reader.nullableString();
  reader.string();
  const [metadata] = reader.array(() => (reader.string(), reader.bytes()));
  return { memberId, metadata: metadata! };
}

function leavingOf(body: Buffer): readonly [memberId: string, instanceId: string | null] {
  const reader = new ResponseReader(body);
  reader.string();
  const [leaving] = reader.array(() => [reader.string(), reader.nullableString()] as const);
  return leaving!;
}

/** A coordinator that lets this member alone into the group; every join is a new generation. */
class Coordinator {
  readonly joins: Joined[] = [];
  readonly handedIn: string[] = [];
  generation = 0;
  ids = 0;

  readonly join: Answer = ({ body }) => {
    const join = joinOf(body);
    this.joins.push(join);
    const refused = join.memberId === '';
    const memberId = refused ? `m${++this.ids}` : join.memberId;
    if (!refused) this.generation++;
    return new RequestWriter()
      .int32(0)
      .int16(refused ? memberIdRequired : 0)
      .int32(refused ? -1 : this.generation)
      .string('millrace-1')
      .string(refused ? '' : memberId)
      .string(memberId)
      .array(refused ? [] : [join], (one, out) => out.string(memberId).string(null).bytes(one.metadata))
      .finish();
  };

  readonly sync: Answer = ({ body }) => {
    const reader = new ResponseReader(body);
    reader.string();
    reader.int32();
    reader.string();
    reader.nullableString();
    const [assignment] = reader.array(() => (reader.string(), reader.bytes()));
    this.handedIn.push(String(assignment));
    return new RequestWriter().int32(0).int16(0).bytes(assignment!).finish();
  };
}

/** A join that ends with an error. */
function refused(errorCode: number): Answer {
  return () =>
    new RequestWriter()
      .int32(0)
      .int16(errorCode)
      .int32(-1)
      .string(null)
      .string('')
      .string('')
      .array([], () => undefined)
      .finish();
}

/** The answer to a SyncGroup that ends with an error. */
function unassigned(errorCode: number): Answer {
  return () => new RequestWriter().int32(0).int16(errorCode).bytes(Buffer.alloc(0)).finish();
}

function start(more: Partial<GroupSpec> = {}) {
  const { transport, clock, context } = scripted();
  const coordinator = new Coordinator();
  transport.answer(joinGroup, coordinator.join);
  transport.answer(syncGroup, coordinator.sync);
  transport.answer(heartbeat, code(0));
  transport.answer(leaveGroup, () =>
    new RequestWriter()
      .int32(0)
      .int16(0)
      .array([], () => undefined)
      .finish(),
  );
  const seen: string[] = [];
  const held: { takingIn: Promise<void>; tasks: string } = { takingIn: Promise.resolve(), tasks: 'none' };
  const errors: Error[] = [];
  const member = new KafkaMember(
    context,
    {
      group: 'g',
      sessionTimeoutMs: 9_000,
      assignor: (members) =>
        new Map(members.map(({ memberId, metadata }) => [memberId, Buffer.from(`for ${String(metadata)}`)])),
      listener: {
        metadata: () => Buffer.from(held.tasks),
        onAssigned: (assignment, generation) => {
          seen.push(`${generation}: ${Buffer.from(assignment).toString()}`);
          return held.takingIn;
        },
        onLost: () => seen.push('lost'),
        onError: (error) => errors.push(error),
      },
      ...more,
    },
    'group-1',
  );
  const settle = () => clock.advance(0);
  return { transport, clock, coordinator, seen, held, errors, member, settle };
}

function count(transport: ScriptedTransport, apiKey: number): number {
  return transport.log.filter((key) => key === apiKey).length;
}

test('joins with the id that it is given, decides as the leader, and commits under the generation', async () => {
  const { coordinator, seen, member, settle } = start();
  expect(member.id.generation).toBe(-1);
  await settle();
  expect(coordinator.joins.map(({ memberId }) => memberId)).toEqual(['', 'm1']);
  expect(coordinator.handedIn).toEqual(['for none']);
  expect(seen).toEqual(['1: for none']);
  expect(member.id).toEqual({ group: 'g', generation: 1, memberId: 'm1' });
});

test('an outsider must not look like one: before the first assignment there is an id that no group knows', () => {
  const { member } = start();
  expect(member.id.memberId).not.toBe('');
});

test('heartbeats go on while an assignment is taken in; the next join waits for it', async () => {
  const { transport, clock, coordinator, held, settle, seen } = start();
  let done = (): void => undefined;
  held.takingIn = new Promise((resolve) => (done = resolve));
  await settle();
  await clock.advance(2_500);
  expect(count(transport, heartbeat)).toBe(5);
  transport.answer(heartbeat, code(27));
  await clock.advance(3_000);
  expect(count(transport, heartbeat)).toBe(8);
  expect(coordinator.joins.length).toBe(2);
  held.tasks = 'task 1';
  held.takingIn = Promise.resolve();
  done();
  await settle();
  expect(seen).toEqual(['1: for none', '2: for task 1']);
});

test('a wish for a new round is a join with other bytes, also when it comes while joining', async () => {
  const { coordinator, member, settle, seen, held } = start();
  await settle();
  member.rejoin();
  await settle();
  expect(coordinator.joins[1]!.metadata.equals(coordinator.joins[2]!.metadata)).toBe(false);
  held.takingIn = new Promise((resolve) => {
    member.rejoin();
    held.takingIn = Promise.resolve();
    resolve();
  });
  await settle();
  expect(seen.length).toBe(3);
});

describe('a member that is not known any more', () => {
  test('is told at once, and comes back as a new one', async () => {
    const { transport, clock, coordinator, held, seen, member, settle } = start();
    let done = (): void => undefined;
    held.takingIn = new Promise((resolve) => (done = resolve));
    await settle();
    const before = member.id;
    transport.answer(heartbeat, code(25), code(0));
    await clock.advance(1_000);
    expect(seen).toEqual(['1: for none', 'lost']);
    expect(member.id).toEqual(before); // a commit of what it had must be refused
    await clock.advance(5_000);
    expect(count(transport, heartbeat)).toBe(1);
    held.takingIn = Promise.resolve();
    done();
    await settle();
    expect(coordinator.joins.map(({ memberId }) => memberId)).toEqual(['', 'm1', '', 'm2']);
    expect(member.id.memberId).toBe('m2');
  });

  test('has lost nothing when it never had anything', async () => {
    const { transport, settle, seen, coordinator } = start();
    transport.answer(joinGroup, coordinator.join, refused(25), coordinator.join);
    await settle();
    expect(seen).toEqual(['1: for none']);
  });
});

describe('a round that ended without the member', () => {
  test('may have given away what it has: it leaves, has lost that, and comes back as a new one', async () => {
    const { transport, coordinator, settle, seen, member } = start({ instanceId: 'one' });
    await settle();
    const before = member.id;
    coordinator.generation++; // brokers keep the place of a static member who is late
    member.rejoin();
    await settle();
    expect(seen).toEqual(['1: for none', 'lost', '4: for none']);
    expect(transport.sent.filter(({ apiKey }) => apiKey === leaveGroup).map(({ body }) => leavingOf(body))).toEqual([
      [before.memberId, 'one'],
    ]);
    expect(coordinator.joins.map(({ memberId }) => memberId)).toEqual(['', 'm1', 'm1', '', 'm2']);
  });

  test('is none when its assignment was overtaken, or when the group is older than the member', async () => {
    const { transport, coordinator, settle, seen, member } = start();
    coordinator.generation = 57;
    transport.answer(syncGroup, unassigned(27), coordinator.sync, unassigned(27), coordinator.sync);
    await settle();
    member.rejoin();
    await settle();
    expect(seen).toEqual(['59: for none', '61: for none']);
    expect(count(transport, leaveGroup)).toBe(0);
  });
});

test('a round that is overtaken is joined anew, as the same member', async () => {
  const { transport, coordinator, settle, seen, member } = start();
  transport.answer(syncGroup, unassigned(27), coordinator.sync);
  await settle();
  expect(seen).toEqual(['2: for none']);
  expect(member.id.memberId).toBe('m1');
});

test.each([9_000, 900_000])(
  'waits for a leader until its session of %d ms or the time for the round is over',
  async (sessionTimeoutMs) => {
    const { transport, settle } = start({ sessionTimeoutMs });
    await settle();
    const waits = transport.sent.find(({ apiKey }) => apiKey === syncGroup)!.timeoutMs!;
    expect(waits).toBeGreaterThan(Math.max(sessionTimeoutMs, 300_000));
  },
);

test('the first heartbeats of a generation are close together, as the next one may follow soon', async () => {
  const { transport, clock, settle } = start();
  await settle();
  const beats: number[] = [];
  for (let ms = 0; ms < 4_000; ms += 50) {
    const before = count(transport, heartbeat);
    await clock.advance(50);
    if (count(transport, heartbeat) > before) beats.push(ms + 50);
  }
  expect(beats).toEqual([50, 150, 350, 750, 1_550, 2_550, 3_550]);
});

test('a lost heartbeat means nothing; the coordinator is looked up again', async () => {
  const { transport, clock, settle, seen } = start();
  await settle();
  transport.answer(heartbeat, lost, code(0));
  await clock.advance(3_000);
  expect(count(transport, heartbeat)).toBe(6);
  expect(transport.invalidated).toEqual([{ coordinator: { type: 'group', key: 'g' } }]);
  expect(seen).toEqual(['1: for none']);
});

describe('another process with the same name', () => {
  test('ends a member that has an assignment: the job has failed, it does not only go back', async () => {
    const { transport, clock, settle, seen, errors, coordinator, member } = start({ instanceId: 'one' });
    await settle();
    transport.answer(heartbeat, code(82));
    await clock.advance(1_000);
    expect(seen).toEqual(['1: for none']);
    expect(errors).toMatchObject([{ code: 'FENCED', reaction: 'fail-job' }]);
    await expect(member.confirm()).rejects.toBe(errors[0]);
    await clock.advance(60_000);
    expect(coordinator.joins.length).toBe(2);
    expect(clock.pending).toBe(0);
  });

  test.each([
    ['joining', joinGroup],
    ['waiting for its first assignment', syncGroup],
  ])('may be this member itself, when it was %s: it takes its place once more', async (_, api) => {
    const { transport, settle, seen, errors, coordinator } = start({ instanceId: 'one' });
    if (api === joinGroup) transport.answer(joinGroup, coordinator.join, refused(82), coordinator.join);
    else transport.answer(syncGroup, unassigned(82), coordinator.sync);
    await settle();
    expect(errors).toEqual([]);
    expect(coordinator.joins.map(({ memberId }) => memberId).slice(-2)).toEqual(['', 'm2']);
    expect(seen.length).toBe(1);
  });

  test('that takes the place again ends it', async () => {
    const { transport, settle, seen, errors, clock } = start({ instanceId: 'one' });
    transport.answer(syncGroup, unassigned(82));
    await settle();
    expect(count(transport, syncGroup)).toBe(2);
    expect(errors).toMatchObject([{ code: 'FENCED', reaction: 'fail-job' }]);
    expect(seen).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  describe('is asked for when others have the transactional id', () => {
    test('and found, also when it enters the group a moment later', async () => {
      const { transport, clock, settle, member } = start({ instanceId: 'one' });
      await settle();
      transport.answer(heartbeat, code(0), code(82));
      const confirmed = expect(member.confirm()).rejects.toMatchObject({ code: 'FENCED', reaction: 'fail-job' });
      await clock.advance(1_000);
      await confirmed;
      expect(transport.sent.some(({ apiKey, slot }) => apiKey === heartbeat && slot === 'control')).toBe(true);
    });

    test('and not there: still a member, or expelled', async () => {
      const { transport, clock, settle, member, errors } = start({ instanceId: 'one' });
      await settle();
      const stillThere = member.confirm();
      await clock.advance(1_000);
      await stillThere;
      transport.answer(heartbeat, code(25));
      await member.confirm();
      expect(errors).toEqual([]);
    });

    test('and is not the member itself, which was expelled and is back', async () => {
      const { transport, clock, settle, member, seen, coordinator } = start({ instanceId: 'one' });
      await settle();
      transport.answer(heartbeat, code(25), code(82));
      let enter: () => void = () => undefined;
      const entered = new Promise<void>((resolve) => (enter = resolve));
      transport.answer(joinGroup, coordinator.join, async (request) => {
        await entered;
        return coordinator.join(request);
      });
      await clock.advance(100);
      expect(seen.at(-1)).toBe('lost'); // and the place is its own again, under another id
      await member.confirm();
      enter();
      await settle();
      expect(member.id.memberId).toBe('m2');
    });

    test('and nobody is asked for without a name', async () => {
      const { transport, settle, member } = start();
      await settle();
      await member.confirm();
      expect(count(transport, heartbeat)).toBe(0);
    });
  });
});

test('a session timeout that the brokers refuse is a matter of configuration', async () => {
  const { transport, settle, errors, clock } = start();
  transport.answer(joinGroup, refused(26));
  await settle();
  expect(errors).toMatchObject([
    { code: 'CONFIG_INVALID', remedy: expect.stringContaining('session.timeout') as string },
  ]);
  expect(clock.pending).toBe(0);
});

describe('leaving', () => {
  test('tells the group on another connection, even while a join waits', async () => {
    const { transport, settle, member, coordinator, clock } = start();
    await settle();
    transport.answer(
      joinGroup,
      ({ signal }) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error))),
    );
    member.rejoin();
    await settle();
    await member.leave();
    expect(transport.sent.at(-1)).toMatchObject({ apiKey: leaveGroup, slot: 'control' });
    await member.leave();
    await clock.advance(10_000);
    expect(count(transport, leaveGroup)).toBe(1);
    expect(coordinator.joins.length).toBe(2);
    expect(clock.pending).toBe(0);
  });

  test.each([
    ['has its place before it is told an id', { instanceId: 'one' }, ['', 'one']],
    ['has none yet, without a name of its own', {}, undefined],
  ])('while the first join waits: %s', async (_, more, said) => {
    const { transport, settle, member } = start(more);
    transport.answer(
      joinGroup,
      ({ signal }) =>
        new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error))),
    );
    await settle();
    await member.leave();
    const sent = transport.sent.find(({ apiKey }) => apiKey === leaveGroup);
    expect(sent === undefined ? undefined : leavingOf(sent.body)).toEqual(said);
  });

  test('without having asked for a place says nothing', async () => {
    const { transport, member } = start({ instanceId: 'one' });
    await member.leave();
    expect(count(transport, leaveGroup)).toBe(0);
  });

  test('keeps the place of a member that wants it for its next start', async () => {
    const { transport, settle, member } = start({ instanceId: 'one', keepPlace: true });
    await settle();
    await member.leave();
    expect(count(transport, leaveGroup)).toBe(0);
  });
});
