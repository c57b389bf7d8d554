import { MessageChannel } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { generatedLog, type GeneratedPartition } from '../../../src/connectors/generated-log.ts';
import { number } from '../../../src/core/codec.ts';
import { connectLog, serveLog } from '../../../src/connectors/log/remote-log.ts';
import { MemoryLog } from '../../../src/connectors/memory-log.ts';
import { MemoryStore } from '../../../src/state/memory/memory-store.ts';
import type { GroupMember, Log } from '../../../src/core/log.ts';
import { ManualClock } from '../../../src/testing/manual-clock.ts';
import { codeOf, LogCase } from '../../../src/testing/suites/log-suite-kit.ts';
import { logSuite } from '../../../src/testing/suites/log-suite.ts';

describe('conformance', () => {
  let store: MemoryStore;
  logSuite(
    { test, expect },
    {
      open: async (clock) => {
        const { port1, port2 } = new MessageChannel();
        serveLog(new MemoryLog({ clock, store: (store = new MemoryStore()) }), port1);
        return connectLog(port2, clock);
      },
      row: (key) => store.get(key)?.toString(),
    },
  );
});

const three: GeneratedPartition<number> = {
  bounds: () => ({ start: 0, end: 3 }),
  next: (position) => {
    const offsets = [0, 1, 2].filter((offset) => offset >= position);
    return { records: offsets.map((offset) => ({ offset, key: '', value: offset, timestamp: 0 })), waitMs: 1_000 };
  },
};

function shared(): { log: MemoryLog; clock: ManualClock; connect: () => { remote: Log; stop: () => void } } {
  const clock = new ManualClock();
  const log = new MemoryLog({ clock });
  const connect = (): { remote: Log; stop: () => void } => {
    const { port1, port2 } = new MessageChannel();
    const stop = serveLog(log, port1);
    return { remote: connectLog(port2, clock), stop };
  };
  return { log, clock, connect };
}

/** Joins as a member that notes the number of members it is told of. */
async function join(log: Log, seen: string[], instanceId?: string): Promise<GroupMember> {
  return await log.join({
    group: 'g',
    instanceId,
    sessionTimeoutMs: 9_000,
    assignor: (members) => new Map(members.map(({ memberId }) => [memberId, Uint8Array.of(members.length)])),
    listener: {
      metadata: () => Buffer.from('anything'),
      onAssigned: async ([count]) => void seen.push(String(count)),
      onLost: () => seen.push('lost'),
      onError: (error) => seen.push(error.message),
    },
  });
}

test('a thread that ends leaves its groups at once, a static member when its session ends', async () => {
  const { log, clock, connect } = shared();
  const one = new LogCase(log, clock);
  const seen: string[] = [];
  await join(log, seen);
  const a = connect();
  const b = connect();
  await join(a.remote, []);
  await join(b.remote, [], 'static');
  await one.until(() => seen.at(-1) === '3');
  await a.remote.close();
  await one.until(() => seen.at(-1) === '2');
  b.stop();
  for (let i = 0; i < 50; i++) await clock.yield();
  expect(seen.at(-1)).toBe('2');
  await clock.advance(9_000);
  await one.until(() => seen.at(-1) === '1');
  await log.close();
});

test.each([0, 1, 2, 3, 4, 5])(
  'a member that leaves while the group asks it disturbs nobody (turn %i)',
  async (turns) => {
    const { log, clock, connect } = shared();
    const one = new LogCase(log, clock);
    const { remote } = connect();
    const [leaving, staying]: string[][] = [[], []];
    const member = await join(remote, leaving!);
    await one.until(() => leaving!.length > 0);
    const other = await join(log, staying!);
    other.rejoin();
    for (let turn = 0; turn < turns; turn++) await clock.yield();
    await member.leave();
    await one.until(() => staying!.at(-1) === '1');
    expect(staying!.every((said) => /^\d$/.test(said))).toBe(true);
    await log.close();
  },
);

test('a thread keeps its membership by heartbeats, however long nothing happens', async () => {
  const { log, clock, connect } = shared();
  const one = new LogCase(log, clock);
  const { remote } = connect();
  const seen: string[] = [];
  await join(remote, seen);
  await one.until(() => seen.length > 0);
  for (let i = 0; i < 40; i++) {
    await clock.advance(1_000);
    for (let turn = 0; turn < 5; turn++) await clock.yield();
  }
  expect(seen).toEqual(['1']);
  await remote.close();
  await log.close();
  expect(clock.pending).toBe(0);
});

test('closing the connection leaves the log open for others', async () => {
  const { log, connect } = shared();
  const a = connect();
  const b = connect();
  await a.remote.topics.create([{ name: 'numbers', partitions: 1 }]);
  await a.remote.close();
  expect(await codeOf(a.remote.topics.list())).toBe('LOG_CLOSED');
  expect((await b.remote.topics.list()).length).toBe(1);
  b.stop();
  await log.close();
});

test('serves generated topics too; groups stay with the log underneath', async () => {
  const { log, clock } = shared();
  const { port1, port2 } = new MessageChannel();
  const stop = serveLog(generatedLog(log, new Map([['n', { codec: number, partitions: [three] }]]), clock), port1, log);
  const remote = connectLog(port2, clock);
  const reader = remote.reader();
  const partitions = [{ topic: 'n', partition: 0, offset: 1 }];
  const [fetched] = await reader.fetch({ partitions, partitionBytes: 1e6, maxWaitMs: 0, isolation: 'committed' });
  expect(fetched).toMatchObject({ topic: 'n', nextOffset: 3, end: 3, batch: { count: 2 } });
  expect(await remote.topics.bounds(partitions)).toMatchObject([{ start: 0, end: 3 }]);
  const one = new LogCase(log, clock);
  const [there, here]: string[][] = [[], []];
  await join(remote, there!);
  await join(log, here!);
  await one.until(() => there!.at(-1) === '2' && here!.at(-1) === '2');
  stop();
  await log.close();
});

test('serves no log that has an owner elsewhere', () => {
  const { remote } = shared().connect();
  const { port1 } = new MessageChannel();
  expect(() => serveLog(remote, port1)).toThrow('UNSUPPORTED');
  expect(() => connectLog(port1)).toThrow('LOG_CLOSED');
  port1.close();
});
