/** Where a job's topics live: `embedded()` in a folder of this machine, `kafka()` on a cluster, `memoryLog()` nowhere. */
import { join } from 'node:path';
import { openEmbeddedLog } from '../connectors/embedded/open-embedded-log.ts';
import { openKafkaLog } from '../connectors/kafka/kafka-log.ts';
import type { KafkaOptions } from '../connectors/kafka/kafka-options.ts';
import { MemoryLog } from '../connectors/memory-log.ts';
import { systemRandom } from '../core/clock.ts';
import { openLevelStore } from '../state/leveldb/level-store.ts';
import { MemoryStore } from '../state/memory/memory-store.ts';
import type { LogFactory } from './options.ts';

export interface EmbeddedOptions {
  /** `process` (default): survives the death of the process. `power`: survives power loss, at the price of two syncs a commit. */
  readonly durability?: 'process' | 'power';
}

/** The embedded durable log, and the state beside it, in `folder`. One process at a time (LOG_LOCKED). For one machine, not a broker. */
export function embedded(folder: string, options: EmbeddedOptions = {}): LogFactory {
  return {
    kind: 'embedded',
    open: async ({ clock, stateBytes }) => {
      const storeFolder = join(folder, 'store');
      const store = await openLevelStore(storeFolder, { stateBytes });
      try {
        const log = await openEmbeddedLog({ folder, store, clock, durability: options.durability ?? 'process' });
        return {
          log,
          store,
          storeFolder,
          close: async () => {
            await log.close();
            await store.close();
          },
        };
      } catch (error) {
        await store.close();
        throw error;
      }
    },
  };
}

/**
 * Topics, groups and transactions of a Kafka cluster (4.x). State is kept beside it (`leveldb(folder)`) and in changelog
 * topics. Any number of processes with the same job share the work. Fails with what connecting can meet: LOG_UNAVAILABLE,
 * AUTHENTICATION_FAILED, CONFIG_INVALID.
 */
export function kafka(options: KafkaOptions): LogFactory {
  return {
    kind: 'kafka',
    open: async ({ clock, random = systemRandom }) => {
      const log = await openKafkaLog(options, { clock, random });
      return { log, store: undefined, kafka: options, close: () => log.close() };
    },
  };
}

/** A log in memory: for tests and for jobs between files. */
export function memoryLog(): LogFactory {
  return {
    kind: 'memory',
    open: async ({ clock }) => {
      const store = new MemoryStore();
      const log = new MemoryLog({ clock, store });
      return { log, store, close: () => log.close() };
    },
  };
}
