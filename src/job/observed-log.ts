import type { Clock } from '../core/clock.ts';
import type { Log, Transactor } from '../core/log.ts';

/** What a worker's log is seen to do. */
export interface LogObserver {
  /** The group gave out its tasks anew. */
  onRebalance(): void;
  /** A commit was accepted by the log after so long. */
  onTransaction(durationMs: number): void;
}

/** The same log, watched. A proxy, so that whatever the port grows by goes through. */
export function observedLog(log: Log, clock: Clock, observer: LogObserver): Log {
  const watched: Partial<Log> = {
    transactor: async (id, timeoutMs) => observed(await log.transactor(id, timeoutMs), clock, observer),
    join: (spec) => {
      const { listener } = spec;
      return log.join({
        ...spec,
        listener: {
          metadata: () => listener.metadata(),
          onAssigned: (assignment, generation) => {
            observer.onRebalance();
            return listener.onAssigned(assignment, generation);
          },
          onLost: () => {
            listener.onLost();
          },
          onError: (error) => {
            listener.onError(error);
          },
        },
      });
    },
  };
  return through(log, watched);
}

function observed(transactor: Transactor, clock: Clock, observer: LogObserver): Transactor {
  return through(transactor, {
    commit: async (commit) => {
      const start = clock.monotonic();
      await transactor.commit(commit);
      observer.onTransaction(clock.monotonic() - start);
    },
  });
}

// What is not overridden belongs to the target, private fields and all.
function through<T extends object>(target: T, overrides: Partial<T>): T {
  return new Proxy(target, {
    get(_target, name) {
      const own: unknown = Reflect.get(overrides, name);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
