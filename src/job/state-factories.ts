/** Where keyed state lives: `leveldb()` on disk behind a decoded cache, `memory()` on the heap only. */
import { join } from 'node:path';
import { StreamError } from '../core/stream-error.ts';
import { levelState } from '../state/leveldb/level-state.ts';
import { openLevelStore } from '../state/leveldb/level-store.ts';
import { memoryState } from '../state/memory/memory-state.ts';
import type { StateFactory } from './options.ts';

/**
 * State on the heap. Commits and rollbacks work as with disk state, but nothing survives the process: for tests,
 * benchmarks and jobs whose input is read again from the start.
 */
export function memory(): StateFactory {
  return {
    kind: 'memory',
    open: async () => {
      const backend = memoryState();
      return { backend, store: undefined, close: () => backend.close() };
    },
  };
}

/**
 * State in LevelDB. On the embedded log it shares the log's store and `folder` must not be given; on other logs rows are
 * kept in `folder` and restored from changelogs.
 */
export function leveldb(folder?: string): StateFactory {
  return {
    kind: 'leveldb',
    open: async ({ log, job }) => {
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
      const store = await openLevelStore(join(folder ?? '.millrace', job, 'state'));
      const backend = levelState(store);
      return {
        backend,
        store,
        close: async () => {
          await backend.close();
          await store.close();
        },
      };
    },
  };
}
