/** Where keyed state lives: `leveldb()` on disk behind a decoded cache, `memory()` on the heap only. */
import { join } from 'node:path';
import { systemRandom } from '../core/clock.ts';
import { StreamError } from '../core/stream-error.ts';
import { levelState } from '../state/leveldb/level-state.ts';
import { StateStore } from '../state/leveldb/state-store.ts';
import { memoryState } from '../state/memory/memory-state.ts';
import { MemoryStore } from '../state/memory/memory-store.ts';
import type { StateFactory } from './options.ts';
import { openStateSlot } from './state-slot.ts';

/**
 * State on the heap. Commits and rollbacks work as with disk state, but nothing survives the process, unless the log is
 * Kafka: then it is restored from the changelogs at every start. For tests, benchmarks, jobs whose input is read again
 * from the start, and small state.
 */
export function memory(): StateFactory {
  return {
    kind: 'memory',
    open: async ({ log }) => {
      if (!log.log.storesRows) {
        const store = new MemoryStore({ remembers: false });
        return { backend: levelState(store), store, close: () => store.close() };
      }
      const backend = memoryState();
      return { backend, store: undefined, close: () => backend.close() };
    },
  };
}

/**
 * State in LevelDB. On the embedded log it shares the log's store and `folder` must not be given. On Kafka rows are kept
 * in `<folder>/<job>/<n>`, n being the first that no other process on this machine uses, and restored from changelogs
 * where they are missing or old. Default folder: `.millrace/kafka`.
 */
export function leveldb(folder?: string): StateFactory {
  return {
    kind: 'leveldb',
    open: async ({ log, job, random, stateBytes }) => {
      if (log.store !== undefined) {
        if (folder !== undefined) {
          throw new StreamError('CONFIG_INVALID', `a ${log.log.kind} log keeps state in its own store`, {
            job,
            remedy: 'Leave out the folder of leveldb(), or choose where the log lives.',
          });
        }
        const backend = levelState(log.store);
        return { backend, store: log.store, close: () => backend.close() };
      }
      const { store, instance } = await openStateSlot(
        join(folder ?? '.millrace/kafka', job),
        random ?? systemRandom,
        (rows) => StateStore.open(rows, { alone: true, stateBytes }),
      );
      const backend = levelState(store);
      return {
        backend,
        store,
        storeFolder: store.folder,
        instance,
        close: async () => {
          await backend.close();
          await store.close();
        },
      };
    },
  };
}
