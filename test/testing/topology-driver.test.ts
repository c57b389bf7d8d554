import { afterEach, describe, expect, it } from 'vitest';
import {
  defineTopology,
  json,
  listState,
  mapState,
  reducingState,
  string,
  topic,
  valueState,
  type ListState,
  type MapState,
  type ReducingState,
  type ValueState,
} from '../../src/index.ts';
import { TopologyDriver } from '../../src/testing/topology-driver.ts';

interface Visit {
  readonly user: string;
  readonly page: string;
}

interface Session {
  readonly user: string;
  readonly pages: readonly string[];
}

const visit = json<Visit>('visit');
const session = json<Session>('session');

/** Pages of a user until ten quiet seconds. */
const sessions = defineTopology({
  name: 'sessions',
  build(t) {
    t.source('visits', topic('visits', visit))
      .keyBy(({ user }) => user)
      .process('session', {
        state: { open: valueState(session), until: valueState(json<number>('time')) },
        output: session,
        onElement({ user, page }, ctx) {
          if (page === 'poison') throw new TypeError('poisoned');
          const { pages } = ctx.state.open.get() ?? { pages: [] };
          ctx.state.open.set({ user, pages: [...pages, page] });
          const before = ctx.state.until.get();
          if (before !== undefined) ctx.timers.deleteProcessingTime(before);
          const until = ctx.processingTime + 10_000;
          ctx.state.until.set(until);
          ctx.timers.registerProcessingTime(until);
        },
        onTimer(_time, ctx) {
          ctx.emit(ctx.state.open.get()!);
          ctx.clearState();
        },
      })
      .sinkTo('sessions', topic('sessions', session, { key: ({ user }) => user }));
  },
});

interface Kept {
  readonly pages: string[];
}

const kept = json<Kept>('kept');

interface Keeping {
  readonly value: ValueState<Kept>;
  readonly list: ListState<Kept>;
  readonly map: MapState<string, Kept>;
  readonly sum: ReducingState<Kept>;
}

function push(set: (value: Kept) => void, value: Kept): void {
  set(value);
  value.pages.push('x');
}

/** Keeps every visit in every way, until a visit says that it is time to change something in place. */
const keeping = (change: (state: Keeping, broadcast: Kept) => void) =>
  defineTopology({
    name: 'keeping',
    build(t) {
      const rules = t
        .source('rules', topic('rules', visit, { compacted: true, key: ({ user }) => user }))
        .broadcast({ rules: mapState(string, kept) });
      t.source('visits', topic('visits', visit))
        .keyBy(({ user }) => user)
        .connect(rules)
        .process('keep', {
          output: visit,
          state: {
            value: valueState(kept),
            list: listState(kept),
            map: mapState(string, kept),
            sum: reducingState(kept, (a, b) => ({ pages: [...a.pages, ...b.pages] })),
          },
          onElement({ page }, ctx) {
            if (page === 'change') change(ctx.state, ctx.broadcast.rules.get('rule')!);
            ctx.state.value.set({ pages: [page] });
            ctx.state.list.add({ pages: [page] });
            ctx.state.map.set('a', { pages: [page] });
            ctx.state.sum.add({ pages: [page] });
          },
          onBroadcast({ user, page }, ctx) {
            ctx.broadcast.rules.set(user, { pages: [page] });
          },
        });
    },
  });

const drivers: TopologyDriver[] = [];

async function open(options: Parameters<typeof TopologyDriver.open>[1] = {}): Promise<TopologyDriver> {
  const driver = await TopologyDriver.open(sessions, options);
  drivers.push(driver);
  return driver;
}

afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver.close();
});

describe('TopologyDriver', () => {
  it.each([
    { partitions: 1, workers: 1 },
    { partitions: 4, workers: 1 },
    { partitions: 4, workers: 3 },
  ])('runs a topology under a clock of its own: $partitions partitions, $workers workers', async (options) => {
    const driver = await open(options);
    const visits = driver.input<Visit>('visits');
    await visits.sendAll([
      { user: 'ada', page: '/' },
      { user: 'bob', page: '/' },
    ]);
    await driver.clock.advance('6s');
    await visits.send({ user: 'ada', page: '/tasks' });
    await driver.clock.advance('6s');
    const output = driver.output<Session>('sessions');
    expect(output.take()).toEqual([{ user: 'bob', pages: ['/'] }]);
    expect(output.take()).toEqual([]);
    await driver.clock.advance('6s');
    expect(output.take()).toEqual([{ user: 'ada', pages: ['/', '/tasks'] }]);
    expect(output.records().map(({ key }) => key)).toEqual(['bob', 'ada']);
  });

  it('shows committed state', async () => {
    const driver = await open({ partitions: 3 });
    await driver.input<Visit>('visits').send({ user: 'ada', page: '/' });
    const read = (key: string) => driver.state<{ open: ValueState<Session> }>('session', key);
    expect((await read('ada')).open.get()).toEqual({ user: 'ada', pages: ['/'] });
    expect((await read('bob')).open.get()).toBeUndefined();
  });

  it.each([false, true])('goes on from the last commit after a restart (crash: %s)', async (crash) => {
    const driver = await open({ partitions: 2 });
    await driver.input<Visit>('visits').send({ user: 'ada', page: '/' });
    await driver.restart({ crash });
    await driver.input<Visit>('visits').send({ user: 'ada', page: '/tasks' });
    await driver.clock.advance('11s');
    expect(driver.output('sessions').values()).toEqual([{ user: 'ada', pages: ['/', '/tasks'] }]);
  });

  it('shows what could not be decoded as dead letters', async () => {
    const driver = await open();
    await driver.input('visits').sendBytes(Buffer.from('{'));
    expect(driver.deadLetters()).toMatchObject([{ operator: 'visits', code: 'DECODE_FAILED', offset: 0 }]);
  });

  it.each<[string, (state: Keeping, broadcast: Kept) => void]>([
    ['a value', ({ value }) => value.get()!.pages.push('x')],
    ['a value after set', ({ value }) => push(value.set.bind(value), { pages: [] })],
    ['an entry of a list', ({ list }) => list.get()[0]!.pages.push('x')],
    ['a list', ({ list }) => (list.get() as Kept[]).push({ pages: [] })],
    ['an entry of a map', ({ map }) => map.get('a')!.pages.push('x')],
    ['an entry of a map by its values', ({ map }) => [...map.values()][0]!.pages.push('x')],
    ['an accumulator', ({ sum }) => sum.get()!.pages.push('x')],
    ['broadcast state', (_state, kept) => kept.pages.push('x')],
  ])('finds a function that changes %s in place', async (_what, change) => {
    const driver = await TopologyDriver.open(keeping(change));
    await driver.input<Visit>('rules').send({ user: 'rule', page: '/' });
    const visits = driver.input<Visit>('visits');
    await visits.send({ user: 'ada', page: '/' });
    const changed = visits.send({ user: 'ada', page: 'change' });
    await expect(changed).rejects.toThrow(/USER_FUNCTION_FAILED.*(not extensible|read only)/);
    await driver.close();
  });

  it('fails with what made the job fail', async () => {
    const driver = await TopologyDriver.open(sessions);
    const sending = driver.input<Visit>('visits').send({ user: 'ada', page: 'poison' });
    await expect(sending).rejects.toMatchObject({ code: 'USER_FUNCTION_FAILED' });
    await driver.close();
  });

  it('gives records the time a test says', async () => {
    const driver = await open({ start: '2026-03-01T10:00:00Z' });
    const visits = driver.input<Visit>('visits');
    await visits.send({ user: 'ada', page: '/' }, { at: '10:30:45.123' });
    await visits.send({ user: 'bob', page: '/' }, { at: 5 });
    await driver.clock.advance('10s');
    await expect(visits.send({ user: 'x', page: '/' }, { at: 'soon' })).rejects.toMatchObject({
      code: 'TIMESTAMP_INVALID',
    });
    expect(driver.clock.now()).toBe(Date.parse('2026-03-01T10:00:10Z'));
  });

  it('names the sources and sinks there are', async () => {
    const driver = await open();
    expect(() => driver.output('session')).toThrow(/no sink 'session'.*There is sessions/);
  });
});
