import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { MemoryLog } from '../../../src/connectors/memory-log.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { defineTopology, leveldb, number, restore, run, topic, valueState } from '../../../src/index.ts';
import type { LogFactory, SavepointProgress } from '../../../src/index.ts';
import { MemoryStore } from '../../../src/state/memory/memory-store.ts';
import { writeTopic } from '../../support/write-topic.ts';

const numbers = topic('numbers', number, { partitions: 1 });
const count = 25_000;

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
        },
      });
  },
});

test('a restore tells how many rows it has checked and written, phase by phase', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-progress-'));
  const store = new MemoryStore();
  const log = new MemoryLog({ store });
  onTestFinished(async () => {
    await log.close();
    await rm(folder, { recursive: true, force: true });
  });
  const factory: LogFactory = { kind: 'memory', open: () => Promise.resolve({ log, store, close: async () => {} }) };
  await log.topics.create([{ name: 'numbers', partitions: 1 }]);
  await writeTopic(
    log,
    numbers,
    Array.from({ length: count }, (_, n) => n),
  );
  const options = { log: factory, state: leveldb(), partitions: 1 };
  const job = await run(keeping, options);
  while (job.status.recordsIn < count) await systemClock.yield();
  await job.savepoint(join(folder, 'savepoint'));
  await job.close();

  const told: SavepointProgress[] = [];
  await restore(keeping, {
    ...options,
    from: join(folder, 'savepoint'),
    force: true,
    onProgress: (progress) => told.push(progress),
  });
  const phases = [...new Set(told.map(({ phase }) => phase))];
  expect(phases).toEqual(['checking', 'clearing', 'writing', 'committing']);
  const [{ totalRows }] = told as [SavepointProgress];
  expect(totalRows).toBeGreaterThanOrEqual(count);
  const rowsOf = (phase: string): readonly number[] =>
    told.filter((progress) => progress.phase === phase).map(({ rows }) => rows);
  expect(rowsOf('checking')).toEqual([0, totalRows]);
  expect(rowsOf('writing')).toEqual([0, 10_000, 20_000, expect.any(Number), totalRows]);
  expect(told.at(-2)!.bytes).toBeGreaterThan(count * 8);
});
