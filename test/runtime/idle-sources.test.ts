/** Sources without records: when they are idle, what they do to event time, and that a restart changes none of it. */
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { openFilesLog } from '../../src/connectors/files-log.ts';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { systemClock } from '../../src/core/clock.ts';
import { defineTopology, json, leveldb, monotonousTimestamps, run, topic } from '../../src/index.ts';
import type { LogFactory } from '../../src/index.ts';
import { MemoryStore } from '../../src/state/memory/memory-store.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { readTopic } from '../support/read-topic.ts';
import { TopologyDriver } from '../../src/testing/index.ts';

interface Event {
  readonly key: string;
  readonly at: number;
}

const event = json<Event>('event');
const time = { watermarks: monotonousTimestamps<Event>((value) => value.at), idleAfter: '1s' } as const;

/** Rings five seconds after an event, in event time of both sources. */
const alarm = defineTopology({
  name: 'alarm',
  build(t) {
    const left = t.source('left', topic('left', event, { key: ({ key }) => key }), time).keyBy(({ key }) => key);
    const right = t.source('right', topic('right', event, { key: ({ key }) => key }), time).keyBy(({ key }) => key);
    left
      .connect(right)
      .process('ring', {
        output: event,
        onFirst(value, ctx) {
          ctx.timers.registerEventTime(value.at + 5_000);
        },
        onSecond() {
          // moves event time, no more
        },
        onTimer(at, ctx) {
          ctx.emit({ key: ctx.key, at });
        },
      })
      .sinkTo('rung', topic('rung', event));
  },
});

describe.each(['direct', 'log'] as const)('with %s exchanges', (exchange) => {
  test('event time follows the clock although most partitions never had a record', async () => {
    await using driver = await TopologyDriver.open(alarm, { partitions: 4, exchange });
    const at = driver.clock.now();
    await driver.input<Event>('left').send({ key: 'a', at });
    await driver.clock.advance('4s');
    expect(driver.output('rung').values()).toEqual([]);
    await driver.clock.advance('3s');
    expect(driver.output('rung').values()).toEqual([{ key: 'a', at: at + 5_000 }]);
  });

  test('a restart moves no event time: an idle source does not count alone, ahead of another one', async () => {
    await using driver = await TopologyDriver.open(alarm, { exchange });
    const at = driver.clock.now();
    await driver.input<Event>('left').send({ key: 'a', at });
    await driver.clock.advance('10s');
    await driver.input<Event>('left').send({ key: 'b', at: at + 10_000 });
    await driver.clock.advance('2s');
    await driver.input<Event>('right').send({ key: 'a', at: at + 8_000 });
    await driver.clock.advance('4s'); // left has followed the clock to 16 s, right to 12 s
    driver.output('rung').take();

    await driver.restart({ crash: true });
    await driver.input<Event>('right').send({ key: 'c', at: at + 12_000 });
    expect(driver.output('rung').values()).toEqual([{ key: 'a', at: at + 5_000 }]);
    await driver.clock.advance('5s');
    expect(driver.output('rung').take()).toEqual([{ key: 'b', at: at + 15_000 }]);
  });
});

test('event time follows the clock while standard input is silent', async () => {
  const clock = new ManualClock(1_000);
  const store = new MemoryStore();
  const stdin = new PassThrough();
  const underneath = new MemoryLog({ clock, store });
  const inputs = [{ topic: 'left', path: '-' }];
  const stdout = { write: () => Promise.resolve() };
  const log = await openFilesLog({ log: underneath, inputs, outputs: [], clock, stdin, stdout });
  const single = defineTopology({
    name: 'single',
    build(t) {
      t.source('left', topic('left', event), time)
        .keyBy(({ key }) => key)
        .process('ring', {
          output: event,
          onElement(value, ctx) {
            ctx.timers.registerEventTime(value.at + 5_000);
          },
          onTimer(at, ctx) {
            ctx.emit({ key: ctx.key, at });
          },
        })
        .sinkTo('rung', topic('rung', event));
    },
  });
  const close = (): Promise<void> => Promise.resolve();
  const factory: LogFactory = { kind: 'files', open: () => Promise.resolve({ log, store, close }) };
  const job = await run(single, { log: factory, state: leveldb(), partitions: 1, clock });
  stdin.write('{"key":"a","at":0}\n');
  let rung: Event[] = [];
  for (let i = 0; i < 100 && rung.length === 0; i++) {
    await clock.advance('200ms');
    for (let turn = 0; turn < 10; turn++) await systemClock.yield();
    rung = (await readTopic(underneath, 'rung', event)).flat();
  }
  expect(rung).toEqual([{ key: 'a', at: 5_000 }]);
  await job.close();
  await log.close();
});
