import { describe, expect, test } from 'vitest';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { MemoryStore } from '../../src/state/memory/memory-store.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { at, codeOf, LogCase, topic } from '../../src/testing/suites/log-suite-kit.ts';
import { logSuite } from '../../src/testing/suites/log-suite.ts';

describe('memory log', () => logSuite({ test, expect }, { open: async (clock) => new MemoryLog({ clock }) }));

test('drops batches that are older than the retention of their topic', async () => {
  const clock = new ManualClock();
  const log = new MemoryLog({ clock });
  const one = new LogCase(log, clock);
  await log.topics.create([{ name: topic, partitions: 1, retentionMs: 3_600_000 }]);
  await one.write('a', 'b');
  await clock.advance('50m');
  await one.write('c');
  expect(await one.values()).toEqual(['a', 'b', 'c']);
  await clock.advance('20m');
  await one.write('d');
  expect((await log.topics.bounds([at(0, 0)]))[0]).toMatchObject({ start: 2, end: 4 });
  expect(await codeOf(one.values(0))).toBe('OFFSET_OUT_OF_RANGE');
  expect(await one.values(2)).toEqual(['c', 'd']);
  await clock.advance('3h');
  await one.write('e');
  expect(await one.values(4)).toEqual(['e']);
  await log.close();
});

describe('memory log with a store', () => {
  let store: MemoryStore;
  logSuite(
    { test, expect },
    {
      open: async (clock) => new MemoryLog({ clock, store: (store = new MemoryStore()) }),
      row: (key) => store.get(key)?.toString(),
    },
  );
});
