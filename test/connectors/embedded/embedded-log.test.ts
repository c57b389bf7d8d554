import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openEmbeddedLog } from '../../../src/connectors/embedded/open-embedded-log.ts';
import { produce } from '../../../src/connectors/produce.ts';
import { BatchWriter } from '../../../src/core/batch-writer.ts';
import { json } from '../../../src/core/codec.ts';
import { MemoryStore } from '../../../src/state/memory/memory-store.ts';
import { ManualClock } from '../../../src/testing/manual-clock.ts';
import { logSuite } from '../../../src/testing/suites/log-suite.ts';

let folder: string;
let store: MemoryStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'log-'));
  store = new MemoryStore();
});
afterEach(() => rm(folder, { recursive: true }));

const row = (key: string): string | undefined => store.get(key)?.toString();

describe.each(['process', 'power'] as const)('conformance, durability %s', (durability) =>
  logSuite({ test, expect }, { open: (clock) => openEmbeddedLog({ folder, store, clock, durability }), row }),
);

describe('conformance, a segment per commit', () =>
  logSuite({ test, expect }, { open: (clock) => openEmbeddedLog({ folder, store, clock, segmentBytes: 1 }), row }));

test('a topic that got more partitions has them after a restart, with all records', async () => {
  const clock = new ManualClock();
  const first = await openEmbeddedLog({ folder, store, clock });
  await first.topics.create([{ name: 'numbers', partitions: 1 }]);
  const write = async (log: typeof first, partition: number): Promise<void> => {
    const writer = new BatchWriter('numbers', partition);
    writer.append(null, json('number'), partition, 1);
    await produce(log, 'test', [writer.seal()!]);
  };
  await write(first, 0);
  await first.topics.addPartitions('numbers', 3);
  await write(first, 2);
  await first.close();
  const second = await openEmbeddedLog({ folder, store, clock });
  await write(second, 2);
  const bounds = await second.topics.bounds([0, 1, 2].map((partition) => ({ topic: 'numbers', partition })));
  expect(bounds.map(({ end }) => end)).toEqual([1, 0, 2]);
  await second.close();
});
