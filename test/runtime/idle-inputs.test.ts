import { expect, test } from 'vitest';
import {
  defineTopology,
  json,
  leveldb,
  mapState,
  monotonousTimestamps,
  number,
  run,
  string,
  topic,
} from '../../src/index.ts';
import type { LogFactory } from '../../src/index.ts';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { MemoryStore } from '../../src/state/memory/memory-store.ts';
import { systemClock } from '../../src/core/clock.ts';
import { readTopic } from '../support/read-topic.ts';
import { writeTopic } from '../support/write-topic.ts';

interface Event {
  readonly key: string;
  readonly time: number;
}

const events = topic('events', json<Event>('event'), { key: (event) => event.key });
const rules = topic('rules', json<Event>('event'), { key: (event) => event.key, compacted: true });
const alarms = topic('alarms', json<Event>('event'));

/** Rings at event time + 10, in an operator with a broadcast input that knows no time. */
const alarm = defineTopology({
  name: 'alarm',
  build(t) {
    const ruleStream = t.source('rules', rules).broadcast({ limits: mapState(string, number) });
    t.source('events', events, { watermarks: monotonousTimestamps((event) => event.time) })
      .keyBy((event) => event.key)
      .connect(ruleStream)
      .process('ring', {
        output: json<Event>('event'),
        onElement(event, ctx) {
          ctx.timers.registerEventTime(event.time + 10);
        },
        onBroadcast() {
          // the rules do not matter here
        },
        onTimer(time, ctx) {
          ctx.emit({ key: ctx.key, time });
        },
      })
      .sinkTo('alarms', alarms);
  },
});

test('a broadcast input without watermarks does not hold event time back', async () => {
  const store = new MemoryStore();
  const log = new MemoryLog({ store });
  const factory: LogFactory = {
    kind: 'memory',
    open: () => Promise.resolve({ log, store, close: () => Promise.resolve() }),
  };
  await log.topics.create([
    { name: 'events', partitions: 1 },
    { name: 'rules', partitions: 1, compacted: true },
  ]);
  await writeTopic(log, rules, [{ key: 'r', time: 0 }]);
  await writeTopic(log, events, [
    { key: 'a', time: 100 },
    { key: 'a', time: 200 },
  ]);
  const job = await run(alarm, { log: factory, state: leveldb(), partitions: 1 });
  // Not bounded: only the watermark 199 can have rung the first alarm, the end of the input cannot.
  let rung: Event[] = [];
  while (rung.length === 0) {
    await systemClock.yield();
    rung = (await readTopic(log, 'alarms', alarms.codec)).flat();
  }
  await job.close();
  expect(rung).toEqual([{ key: 'a', time: 110 }]);
  await log.close();
});
