import { expect, test } from 'vitest';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { systemClock } from '../../src/core/clock.ts';
import { defineTopology, leveldb, number, run, topic, valueState } from '../../src/index.ts';
import { MemoryStore } from '../../src/state/memory/memory-store.ts';
import { writeTopic } from '../support/write-topic.ts';

const numbers = topic('numbers', number);
const seen = topic('seen', number);

const keeping = defineTopology({
  name: 'keeping',
  build(t) {
    t.source('numbers', numbers)
      .keyBy((n) => n)
      .process('keep', {
        output: number,
        state: { kept: valueState(number) },
        onElement(n, ctx) {
          ctx.state.kept.set(n);
          ctx.emit(n);
        },
      })
      .sinkTo('seen', seen);
  },
});

test.each([
  ['log', 'drain'],
  ['log', 'close'],
  ['direct', 'drain'],
] as const)(
  'by %s: ends when an earlier run has read all there is (%s)',
  { timeout: 10_000 },
  async (exchange, end) => {
    const store = new MemoryStore();
    const log = new MemoryLog({ store });
    const factory = { kind: 'memory', open: () => Promise.resolve({ log, store, close: async () => {} }) };
    const options = { log: factory, state: leveldb(), partitions: 2, exchange };
    await log.topics.create([{ name: 'numbers', partitions: 2 }]);
    await writeTopic(log, numbers, [1, 2, 3, 4, 5]);
    const endless = await run(keeping, options);
    while (endless.status.recordsOut < 5) await systemClock.yield();
    await endless[end]();
    const bounded = await run(keeping, { ...options, bounded: true });
    await bounded.finished;
    expect(bounded.status.phase).toBe('stopped');
    await log.close();
  },
);
