/** Sources without records: when they are idle, what they do to event time, and that a restart changes none of it. */
import { describe, expect, test } from 'vitest';
import { defineTopology, json, monotonousTimestamps, topic } from '../../src/index.ts';
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
