/** A log in memory that commands may close as often as they like, and records put into it by hand. */
import { onTestFinished } from 'vitest';
import { localFolder } from '../../src/cli/folder.ts';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { produce } from '../../src/connectors/produce.ts';
import { BatchWriter } from '../../src/core/batch-writer.ts';
import { json } from '../../src/core/codec.ts';
import type { Log } from '../../src/core/log.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import type { FakeEngine } from './fake-engine.ts';

export interface SharedLog {
  readonly log: Log;
  put(topic: string, partition: number, ...values: readonly unknown[]): Promise<void>;
}

export function sharedLog(engine?: FakeEngine): SharedLog {
  const log = new MemoryLog({ clock: new ManualClock() });
  onTestFinished(() => log.close());
  if (engine !== undefined) {
    const clock = new ManualClock();
    const open = { log, store: undefined, clock, plan: undefined, savepoint: undefined };
    engine.openFolder = async () => localFolder(open, async () => undefined);
  }
  return {
    log,
    async put(topic, partition, ...values) {
      const writer = new BatchWriter(topic, partition);
      for (const value of values) writer.append(null, json('any'), value, 1);
      const sealed = writer.seal();
      await produce(log, 'test', sealed === undefined ? [] : [sealed]);
    },
  };
}
