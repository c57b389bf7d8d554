/** Also the load test that guards the private parts of kafkajs which the transport is built on. */
import { afterEach, expect, test } from 'vitest';
import { kafkaSettings, type KafkaOptions } from '../../../../src/connectors/kafka/kafka-options.ts';
import type { KafkaTransport, Slot } from '../../../../src/connectors/kafka/transport/kafka-transport.ts';
import { openKafkajsTransport } from '../../../../src/connectors/kafka/transport/kafkajs-transport.ts';
import { systemClock, type Clock } from '../../../../src/core/clock.ts';
import { StreamError } from '../../../../src/core/stream-error.ts';
import { ManualClock } from '../../../../src/testing/manual-clock.ts';
import { RequestWriter } from '../../../../src/connectors/kafka/protocol/request-writer.ts';
import { clusterOf, WireBroker, type Answer, type LedTopic } from './wire-broker.ts';

const random = (): number => 0.5;
const open: (WireBroker | KafkaTransport)[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await (one instanceof WireBroker ? one.stop() : one.close());
});

async function startBroker(node = 1): Promise<WireBroker> {
  const broker = await WireBroker.start(node);
  open.unshift(broker);
  return broker;
}

async function connect(
  brokers: string | readonly WireBroker[],
  options: Partial<KafkaOptions> = {},
  clock: Clock = new ManualClock(),
): Promise<KafkaTransport> {
  const addresses = typeof brokers === 'string' ? brokers : brokers.map(({ address }) => address);
  const settings = kafkaSettings({ brokers: addresses, ...options });
  const transport = await openKafkajsTransport(settings, { clock, random });
  open.unshift(transport);
  return transport;
}

// Moves the clock until `work` is done: what it waits for is a timer of the transport.
async function moving<T>(clock: ManualClock, work: Promise<T>): Promise<T> {
  const state = { done: false };
  const settled = (): void => void (state.done = true);
  work.then(settled, settled);
  for (let turns = 0; !state.done && turns < 2_000; turns++) {
    for (let turn = 0; turn < 5; turn++) await systemClock.yield(); // what the sockets have to tell comes first
    await clock.advance(10);
  }
  return work;
}

async function failureOf(work: Promise<unknown>): Promise<StreamError> {
  try {
    await work;
  } catch (error) {
    if (StreamError.is(error)) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await systemClock.yield();
}

function leading(brokers: readonly WireBroker[], topics: () => readonly LedTopic[]): void {
  for (const broker of brokers) broker.handlers.set(3, () => clusterOf(brokers, topics()));
}

test('answers go to their requests: thousands of them, over several slots, in pieces of any size', async () => {
  const broker = await startBroker();
  const slots: readonly Slot[] = ['control', 'group-1', 'produce', 'fetch-1', 'poll-1'];
  broker.handlers.set(1, async ({ body }) => {
    if (body[0]! % 7 === 0) await systemClock.yield();
    return Buffer.concat([body, Buffer.alloc(body[0]! * 40, body[0])]);
  });
  const transport = await connect([broker]);
  const answered = new Map(slots.map((slot) => [slot, [] as number[]]));
  for (const pieceBytes of [Infinity, 1000]) {
    broker.pieceBytes = pieceBytes;
    const count = pieceBytes === Infinity ? 3_000 : 300;
    await Promise.all(
      Array.from({ length: count }, async (_, i) => {
        const body = Buffer.from([i % 256, i >> 8, slots.length]);
        const slot = slots[i % slots.length]!;
        const answer = await transport.send(1, slot, 1, 4, body);
        expect(answer.length).toBe(3 + (i % 256) * 40);
        expect(answer.subarray(0, 3)).toEqual(body);
        expect(answer.subarray(3).equals(Buffer.alloc(answer.length - 3, i % 256))).toBe(true);
        answered.get(slot)!.push(i + (pieceBytes === Infinity ? 0 : 10_000));
      }),
    );
  }
  for (const slot of slots) expect(answered.get(slot)).toEqual(answered.get(slot)!.toSorted((a, b) => a - b));
  expect(broker.connections).toBe(1 + slots.length); // one asked for metadata at the start
});

test('puts an answer where its asker wants it, also behind one that nobody waits for any more', async () => {
  const broker = await startBroker();
  broker.handlers.set(1, ({ body }) => Buffer.concat([body, Buffer.alloc(200_000, body[0])]));
  const transport = await connect([broker]);
  for (const pieceBytes of [Infinity, 7]) {
    broker.pieceBytes = pieceBytes;
    const abort = new AbortController();
    const [given, mine] = [Buffer.alloc(300_000), Buffer.alloc(300_000)];
    const memory = (of: Buffer) => (size: number) => of.subarray(0, size);
    const gone = transport.send(1, 'fetch-1', 1, 4, Buffer.from([1]), { signal: abort.signal, memory: memory(given) });
    const answered = transport.send(1, 'fetch-1', 1, 4, Buffer.from([2]), { memory: memory(mine) });
    abort.abort(new StreamError('LOG_CLOSED', 'given up'));
    await expect(gone).rejects.toThrow('given up');
    const answer = await answered;
    expect(answer.buffer).toBe(mine.buffer);
    expect(answer.equals(Buffer.alloc(200_001, 2))).toBe(true);
    expect(mine.subarray(200_001).every((byte) => byte === 0)).toBe(true);
    expect(given.every((byte) => byte === 0)).toBe(true);
  }
});

test('shares one connection among sends that race for a slot', async () => {
  const broker = await startBroker();
  broker.handlers.set(1, ({ body }) => body);
  const transport = await connect([broker]);
  const before = broker.connections;
  await Promise.all(Array.from({ length: 50 }, () => transport.send(1, 'produce', 1, 4, Buffer.from('x'))));
  expect(broker.connections - before).toBe(1);
});

test('does not hold up one slot by another', async () => {
  const broker = await startBroker();
  let wake!: (answer: Answer) => void;
  broker.handlers.set(1, () => new Promise((resolve) => (wake = resolve)));
  broker.handlers.set(12, ({ body }) => body);
  const transport = await connect([broker]);
  const parked = transport.send(1, 'poll-1', 1, 4, Buffer.alloc(0));
  expect(await transport.send(1, 'group-1', 12, 3, Buffer.from('beat'))).toEqual(Buffer.from('beat'));
  wake(Buffer.from('late'));
  expect(await parked).toEqual(Buffer.from('late'));
});

test('sends the client id, and tagged fields with flexible versions', async () => {
  const broker = await startBroker();
  const transport = await connect([broker], { clientId: 'mill' });
  expect((await transport.metadata()).brokers).toEqual([{ node: 1, host: '127.0.0.1', port: broker.port, rack: null }]);
  expect(broker.requests.at(-1)).toMatchObject({ apiKey: 3, version: 10, clientId: 'mill' });
});

test('gives up a connection whose answer is late, and makes another', async () => {
  const broker = await startBroker();
  const clock = new ManualClock();
  const transport = await connect([broker], { requestTimeout: '2s' }, clock);
  const late = failureOf(transport.send(1, 'produce', 1, 4, Buffer.alloc(0)));
  const behind = failureOf(transport.send(1, 'produce', 12, 4, Buffer.alloc(0), { timeoutMs: 9_000 }));
  await until(() => broker.requests.at(-1)?.apiKey === 12);
  await clock.advance(2_000);
  expect((await late).message).toContain(`${broker.address}: request 1 was not answered within 2000 ms`);
  expect(await behind).toMatchObject({ code: 'LOG_UNAVAILABLE', reaction: 'rollback' });
  broker.handlers.set(1, ({ body }) => body);
  expect(await transport.send(1, 'produce', 1, 4, Buffer.from('again'))).toEqual(Buffer.from('again'));
  expect(clock.pending).toBe(0);
});

test('stops waiting when the signal says so; the answer is dropped and the connection goes on', async () => {
  const broker = await startBroker();
  let wake!: (answer: Answer) => void;
  broker.handlers.set(1, () => new Promise((resolve) => (wake = resolve)));
  broker.handlers.set(12, ({ body }) => body);
  const transport = await connect([broker]);
  const abort = new AbortController();
  const sent = transport.send(1, 'fetch-1', 1, 4, Buffer.alloc(0), { signal: abort.signal });
  await until(() => broker.requests.at(-1)?.apiKey === 1);
  abort.abort(new RangeError('enough'));
  await expect(sent).rejects.toThrow('enough');
  await expect(transport.send(1, 'fetch-1', 1, 4, Buffer.alloc(0), { signal: abort.signal })).rejects.toThrow('enough');
  const connections = broker.connections;
  const next = transport.send(1, 'fetch-1', 12, 4, Buffer.from('next'));
  wake(Buffer.from('unwanted'));
  expect(await next).toEqual(Buffer.from('next'));
  expect(broker.connections).toBe(connections);
});

test('fails what waits when the broker goes, and connects again with growing pauses', async () => {
  const broker = await startBroker();
  const clock = new ManualClock();
  const transport = await connect([broker], {}, clock);
  const waiting = failureOf(transport.send(1, 'produce', 1, 4, Buffer.alloc(0)));
  await until(() => broker.requests.at(-1)?.apiKey === 1);
  await broker.stop();
  expect(await waiting).toMatchObject({ code: 'LOG_UNAVAILABLE' });
  const pauses: number[] = [];
  for (let i = 0; i < 4; i++) {
    const before = clock.monotonic();
    const error = await moving(clock, failureOf(transport.send(1, 'produce', 1, 4, Buffer.alloc(0))));
    expect(error.message).toContain(`connect ECONNREFUSED ${broker.address}. Start the broker`);
    pauses.push(clock.monotonic() - before);
  }
  expect([pauses[2]! > 80, pauses[2]! < 120, pauses[3]! > 180, pauses[3]! < 220]).toEqual([true, true, true, true]);
});

test('finds the cluster through any of the brokers that are named', async () => {
  const [gone, there] = [await startBroker(1), await startBroker(2)];
  leading([there], () => []);
  await gone.stop();
  const transport = await connect([gone, there]);
  expect(await transport.controller()).toBe(2);
});

test('says within ten seconds that no broker answers, and which ones', async () => {
  const [first, second] = [await startBroker(), await startBroker()];
  await first.stop();
  await second.stop();
  const clock = new ManualClock();
  const addresses = `${first.address},${second.address}`;
  const error = await moving(clock, failureOf(connect(addresses, {}, clock)));
  expect(error).toMatchObject({ code: 'LOG_UNAVAILABLE', reaction: 'fail-job' });
  expect(error.message).toContain(`none of the brokers answers (${first.address}, ${second.address})`);
  expect(error.message).toContain('Check that the brokers run and that `brokers` has their addresses.');
  expect(clock.monotonic()).toBeLessThan(10_000);
  expect(clock.pending).toBe(0);
});

test('a process that stood still while it connected does not say that no broker answers', async () => {
  const broker = await startBroker();
  leading([broker], () => []);
  let due: (() => void)[] | undefined = []; // until the process stands still
  const clock: Clock = {
    ...systemClock,
    schedule: (delayMs, callback) => {
      if (due === undefined) return systemClock.schedule(delayMs, callback);
      due.push(callback);
      return { cancel: () => (due = due?.filter((each) => each !== callback)) };
    },
  };
  const connecting = connect([broker], {}, clock);
  const late = due.splice(0);
  due = undefined;
  for (const callback of late) callback(); // it goes on: everything is due at once
  expect(await (await connecting).controller()).toBe(1);
  expect(late.length).toBeGreaterThan(0);
});

test('says so when a broker takes the connection and then says nothing', async () => {
  const broker = await startBroker();
  broker.handlers.set(18, () => undefined);
  const clock = new ManualClock();
  const error = await moving(clock, failureOf(connect([broker], {}, clock)));
  expect(error.message).toContain(`${broker.address}: no answer within 5000 ms`);
  expect(clock.monotonic()).toBeLessThan(10_000);
});

test('says so when brokers advertise addresses that cannot be reached', async () => {
  const [broker, elsewhere] = [await startBroker(1), await startBroker(2)];
  leading([broker], () => []);
  broker.handlers.set(3, () => clusterOf([elsewhere]));
  await elsewhere.stop();
  const clock = new ManualClock();
  const error = await moving(clock, failureOf(connect([broker], {}, clock)));
  expect(error.message).toContain(`the brokers advertise ${elsewhere.address}, where none answers`);
});

test('a broker that hangs up each time wants other settings, which is soon certain', async () => {
  const broker = await startBroker();
  broker.handlers.set(3, () => 'close');
  const clock = new ManualClock();
  const error = await moving(clock, failureOf(connect([broker], {}, clock)));
  expect(error).toMatchObject({ code: 'AUTHENTICATION_FAILED', reaction: 'fail-job' });
  expect(error.message).toContain('this listener wants `ssl` or `sasl`');
  expect(clock.monotonic()).toBeLessThan(2_000);
});

test('a broker that hangs up and then refuses connections is about to stop', async () => {
  const broker = await startBroker();
  let asked = 0;
  broker.handlers.set(3, () => {
    if (++asked === 2) void broker.stop();
    return 'close';
  });
  const clock = new ManualClock();
  expect(await moving(clock, failureOf(connect([broker], {}, clock)))).toMatchObject({ code: 'LOG_UNAVAILABLE' });
});

test('refuses request versions that the broker does not have', async () => {
  const broker = await startBroker();
  const transport = await connect([broker]);
  const error = await failureOf(transport.send(1, 'control', 1, 21, Buffer.alloc(0)));
  expect(error).toMatchObject({ code: 'UNSUPPORTED', reaction: 'fail-job' });
  expect(error.reason).toBe(`${broker.address} answers request 1 in versions 0 to 20, not in 21`);
  expect(await failureOf(transport.send(1, 'control', 99, 0, Buffer.alloc(0)))).toMatchObject({ code: 'UNSUPPORTED' });
});

test('authenticates with SASL, and says when it is refused', async () => {
  const broker = await startBroker();
  const texts: string[] = [];
  broker.handlers.set(17, () =>
    new RequestWriter()
      .int16(0)
      .array(['PLAIN'], (name, w) => w.string(name))
      .finish(),
  );
  broker.handlers.set(36, ({ body }) => {
    texts.push(body.toString('latin1', 4));
    const right = body.includes('\0mill\0secret');
    return new RequestWriter()
      .int16(right ? 0 : 58)
      .string(right ? null : 'wrong password')
      .bytes(Buffer.alloc(0))
      .int64(0)
      .finish();
  });
  const sasl = { mechanism: 'PLAIN', username: 'mill', password: 'secret' } as const;
  const transport = await connect([broker], { sasl });
  expect((await transport.metadata([])).controller).toBe(1);
  expect(texts[0]).toContain('\0mill\0secret');
  const error = await failureOf(connect([broker], { sasl: { ...sasl, password: 'guess' } }));
  expect(error).toMatchObject({ code: 'AUTHENTICATION_FAILED', reaction: 'fail-job' });
  expect(error.message).toContain('wrong password');
  expect(error.message).not.toContain('guess');
  const other = { ...sasl, mechanism: 'SCRAM-SHA-512' } as const;
  expect((await failureOf(connect([broker], { sasl: other }))).reason).toContain('not supported by the server');
});

test('caches leaders, and asks again for those found to be wrong, once for all who ask', async () => {
  const brokers = [await startBroker(1), await startBroker(2)];
  let leaders = [1, 2];
  leading(brokers, () => [
    { name: 'a', leaders },
    { name: 'b', leaders: [1] },
  ]);
  const clock = new ManualClock();
  const transport = await connect(brokers, {}, clock);
  const asked = (): number => brokers.flatMap(({ requests }) => requests).filter(({ apiKey }) => apiKey === 3).length;
  expect(await transport.leader('a', 1)).toMatchObject({ leader: 2, leaderEpoch: 7 });
  const before = asked();
  expect(await transport.leader('a', 0)).toMatchObject({ leader: 1 });
  expect(asked()).toBe(before);
  leaders = [2, 1];
  transport.invalidate({ topic: 'a' });
  const found = Promise.all(Array.from({ length: 20 }, (_, i) => transport.leader('a', i % 2)));
  expect((await moving(clock, found)).map(({ leader }) => leader).slice(0, 2)).toEqual([2, 1]);
  expect(asked()).toBe(before + 1);
});

test('asks again for leaders on a broker that has gone', async () => {
  const brokers = [await startBroker(1), await startBroker(2)];
  let leader = 2;
  leading(brokers, () => [{ name: 'a', leaders: [leader] }]);
  const clock = new ManualClock();
  const transport = await connect(brokers, {}, clock);
  expect((await transport.leader('a', 0)).leader).toBe(2);
  await brokers[1]!.stop();
  leader = 1;
  leading([brokers[0]!], () => [{ name: 'a', leaders: [leader] }]);
  await moving(clock, failureOf(transport.send(2, 'fetch-1', 1, 4, Buffer.alloc(0))));
  expect((await moving(clock, transport.leader('a', 0))).leader).toBe(1);
});

test('tells unknown topics, unknown partitions, missing leaders and missing permissions apart', async () => {
  const broker = await startBroker();
  leading([broker], () => [
    { name: 'a', leaders: [1, -1] },
    { name: 'none', leaders: [], error: 3 },
    { name: 'secret', leaders: [], error: 29 },
  ]);
  const clock = new ManualClock();
  const transport = await connect([broker], {}, clock);
  const codeOf = async (topic: string, partition: number): Promise<string> =>
    (await moving(clock, failureOf(transport.leader(topic, partition)))).message;
  expect(await codeOf('a', 1)).toMatch(/^LOG_UNAVAILABLE \(a-1\): an election is going on/);
  expect(await codeOf('a', 2)).toMatch(/^TOPIC_UNKNOWN \(a-2\): there is no a-2/);
  expect(await codeOf('none', 0)).toMatch(/^TOPIC_UNKNOWN \(none-0\): there is no topic 'none'/);
  expect(await codeOf('secret', 0)).toMatch(/^NOT_AUTHORIZED \(secret\)/);
});

test('caches coordinators until they are found to be wrong', async () => {
  const broker = await startBroker();
  const answers = [15, 0, 0];
  broker.handlers.set(10, () => {
    const error = answers.shift()!;
    return new RequestWriter().int32(0).int16(error).string(null).int32(1).string('x').int32(1).finish();
  });
  const transport = await connect([broker]);
  expect(await failureOf(transport.coordinator('group', 'g'))).toMatchObject({ code: 'LOG_UNAVAILABLE' });
  expect(await transport.coordinator('group', 'g')).toBe(1);
  expect(await transport.coordinator('group', 'g')).toBe(1);
  transport.invalidate({ coordinator: { type: 'group', key: 'g' } });
  expect(await transport.coordinator('group', 'g')).toBe(1);
  expect(answers).toEqual([]);
});

test('does not use a connection that the broker may close any moment', async () => {
  const broker = await startBroker();
  broker.handlers.set(1, ({ body }) => body);
  const clock = new ManualClock();
  const transport = await connect([broker], {}, clock);
  const send = (): Promise<Buffer> => transport.send(1, 'produce', 1, 4, Buffer.from('x'));
  await send();
  const connections = broker.connections;
  await clock.advance(8 * 60_000);
  await send();
  expect(broker.connections).toBe(connections);
  await clock.advance(9 * 60_000);
  await send();
  expect(broker.connections).toBe(connections + 1);
});

test('closes connections of a released slot, and everything when closed', async () => {
  const broker = await startBroker();
  broker.handlers.set(1, () => undefined);
  const clock = new ManualClock();
  const transport = await connect([broker], {}, clock);
  const sent = [
    failureOf(transport.send(1, 'fetch-1', 1, 4, Buffer.alloc(0))),
    failureOf(transport.send(1, 'fetch-2', 1, 4, Buffer.alloc(0))),
  ];
  await until(() => broker.requests.filter(({ apiKey }) => apiKey === 1).length === 2);
  transport.release('fetch-1');
  expect((await sent[0]!).code).toBe('LOG_CLOSED');
  await transport.close();
  expect((await sent[1]!).code).toBe('LOG_CLOSED');
  expect((await failureOf(transport.send(1, 'fetch-2', 1, 4, Buffer.alloc(0)))).code).toBe('LOG_CLOSED');
  expect(clock.pending).toBe(0);
  // Its server closes only when no connection is left.
  await new Promise<void>((resolve) => void broker.stop().then(resolve));
});
