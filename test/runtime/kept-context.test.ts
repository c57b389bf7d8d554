import { expect, test } from 'vitest';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { systemClock } from '../../src/core/clock.ts';
import {
  defineTopology,
  leveldb,
  memory,
  number,
  run,
  StreamError,
  string,
  topic,
  valueState,
} from '../../src/index.ts';
import { MemoryStore } from '../../src/state/memory/memory-store.ts';
import { writeTopic } from '../support/write-topic.ts';

const states = { memory: memory(), leveldb: leveldb() };

test.each(['memory', 'leveldb'] as const)(
  'a context that was kept has no key once its function has ended',
  async (state) => {
    const store = new MemoryStore();
    const log = new MemoryLog({ store });
    const words = topic('words', string, { key: (word) => word });
    const kept: { use: () => unknown }[] = [];
    const keeping = defineTopology({
      name: `keeping-${state}`,
      build(t) {
        t.source('words', words)
          .keyBy((word) => word)
          .process('keep', {
            output: string,
            sideOutputs: { aside: string },
            state: { count: valueState(number) },
            onElement(_word, ctx) {
              ctx.state.count.set((ctx.state.count.get() ?? 0) + 1);
              kept.push(
                { use: () => ctx.key },
                { use: () => ctx.state.count.get() },
                { use: () => ctx.state.count.set(99) },
                { use: () => ctx.timers.registerEventTime(7) },
                { use: () => ctx.emit('late') },
                { use: () => ctx.output('aside', 'late') },
              );
            },
            onTimer: () => undefined,
          });
      },
    });
    await log.topics.create([{ name: 'words', partitions: 1 }]);
    await writeTopic(log, words, ['a', 'b']);
    const factory = { kind: 'memory', open: () => Promise.resolve({ log, store, close: () => Promise.resolve() }) };
    const job = await run(keeping, { log: factory, state: states[state] });
    while (kept.length < 12) await systemClock.yield();
    for (const { use } of kept) {
      expect(use).toThrow(StreamError);
      expect(use).toThrow('STATE_ACCESS');
    }
    // And the next record has its own again.
    await writeTopic(log, words, ['a']);
    while (kept.length < 18) await systemClock.yield();
    await job.close();
    await log.close();
  },
);
