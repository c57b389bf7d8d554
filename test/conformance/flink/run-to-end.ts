/** Runs an operator on an input without elements to its end, and tells which event time it forwards: `MAX` is the end. */
import { defineTopology, leveldb, run } from '../../../src/index.ts';
import { MemoryLog } from '../../../src/connectors/memory-log.ts';
import { MemoryStore } from '../../../src/state/memory/memory-store.ts';
import { readTopic } from '../../support/read-topic.ts';
import { writeTopic } from '../../support/write-topic.ts';
import type { CaseEntry } from '../case-files.ts';
import type { Layout } from '../layouts.ts';
import { observe, out, times } from './observe.ts';
import type { Operator } from './operators.ts';

export interface EndCase extends CaseEntry {
  readonly steps: readonly [{ readonly watermark: 'MAX'; readonly out: readonly { readonly watermark: 'MAX' }[] }];
}

/** No timer can have a later one. */
const lastTime = 2 ** 52 - 1;

export async function runToEnd(operator: Operator, exchange: Layout['exchange']): Promise<readonly object[]> {
  const store = new MemoryStore();
  const log = new MemoryLog({ store });
  try {
    await log.topics.create([{ name: times.name, partitions: 2 }]);
    await writeTopic(log, times, [[lastTime]]);
    const topology = defineTopology({ name: 'bench', build: (t) => observe(t, operator(t)) });
    const close = (): Promise<void> => Promise.resolve();
    const job = await run(topology, {
      log: { kind: 'memory', open: async () => ({ log, store, close }) },
      state: leveldb(),
      bounded: true,
      partitions: 2,
      exchange,
    });
    await job.finished;
    const observed = (await readTopic(log, out.name, out.codec)).flat();
    return observed.map((output) => {
      return 'watermark' in output && output.watermark === lastTime ? { watermark: 'MAX' } : output;
    });
  } finally {
    await log.close();
  }
}
