/**
 * Each of these breaks one step of the commit or of the restore on purpose, between the engine and its ports. The
 * simulator must find every one of them: see mutations.test.ts.
 */
import { ByteWriter } from '../../src/core/byte-writer.ts';
import type {
  Commit,
  FetchedPartition,
  FetchRequest,
  GroupMember,
  LogReader,
  MemberId,
  SealedBatch,
  Transactor,
} from '../../src/core/log.ts';
import { RowBatch } from '../../src/core/row-batch.ts';
import { tagOf } from '../../src/state/row-keys.ts';
import type { Store } from '../../src/core/store.ts';
import type { PortWrappers } from '../../src/testing/simulate.ts';
import type { LogShape } from '../../src/testing/simulation/scenario.ts';
import { keysOf } from '../support/keys-of.ts';

export interface Mutation {
  readonly name: string;
  /** The topology that must notice, and the shape of log it runs on. */
  readonly job: string;
  readonly log: LogShape;
  /** Made anew for every run. */
  readonly wrappers: () => PortWrappers;
}

const isChangelog = ({ topic }: SealedBatch): boolean => topic.endsWith('-changelog');
const isRepartition = (topic: string): boolean => topic.endsWith('-repartition');

const isCutRow = (key: string): boolean => key.startsWith('$');
const isPosition = (key: string): boolean => key.startsWith('~position/');

/** Rows of one state, whatever the partition. */
function isRowOf(...path: readonly [job: string, operator: string, name: string]): (key: string) => boolean {
  const tag = tagOf(...path);
  return (key) => key.startsWith(tag);
}

/** A log whose transactors are changed. */
function transacting(change: (transactor: Transactor, store: Store) => Partial<Transactor>): PortWrappers {
  return {
    wrapLog: (log, store) =>
      delegate(log, {
        transactor: async (id, timeoutMs) => {
          const transactor = await log.transactor(id, timeoutMs);
          return delegate(transactor, change(transactor, store));
        },
      }),
  };
}

function committing(change: (commit: Commit) => Commit): PortWrappers {
  return transacting((transactor) => ({ commit: (commit) => transactor.commit(change(commit)) }));
}

function reading(change: (request: FetchRequest) => FetchRequest): PortWrappers {
  return {
    wrapLog: (log) =>
      delegate(log, {
        reader: (): LogReader => {
          const reader = log.reader();
          return delegate(reader, { fetch: (request) => reader.fetch(change(request)) });
        },
      }),
  };
}

// While the next batch is fetched, the one before may still be waiting to be processed.
function recyclingEarly(): PortWrappers {
  return {
    wrapLog: (log) =>
      delegate(log, {
        reader: (): LogReader => {
          const reader = log.reader();
          let before: readonly FetchedPartition[] = [];
          return delegate(reader, {
            fetch: async (request) => {
              const fetched = await reader.fetch(request);
              for (const { batch } of before) if (batch !== undefined) reader.recycle?.(batch);
              return (before = fetched);
            },
          });
        },
      }),
  };
}

function delegate<T extends object>(target: T, overrides: Partial<T>): T {
  return new Proxy(target, {
    get(_target, name) {
      if (name in overrides) return overrides[name as keyof T];
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

function rowsWithout(rows: RowBatch, dropped: (key: string) => boolean): RowBatch {
  const kept = new RowBatch(new ByteWriter());
  keysOf(rows).forEach((key, i) => {
    if (dropped(key)) return;
    const value = rows.value(i);
    if (value === undefined) kept.delete(key);
    else kept.putBytes(key, value);
  });
  return kept;
}

function storing(dropped: (key: string) => boolean): PortWrappers {
  return {
    wrapStore: (store) =>
      delegate(store, {
        write: (batches, options) =>
          store.write(
            batches.map((batch) => rowsWithout(batch, dropped)),
            options,
          ),
      }),
  };
}

// The coordinator is asked for the present generation at every commit, so a former owner is never found out.
function ignoringGenerations(): PortWrappers {
  let newest: MemberId | undefined;
  return {
    wrapLog: (log) =>
      delegate(log, {
        join: async (spec) => {
          const { listener } = spec;
          const member: GroupMember = await log.join({
            ...spec,
            listener: delegate(listener, {
              onAssigned: (assignment, generation) => {
                newest = member.id;
                return listener.onAssigned(assignment, generation);
              },
            }),
          });
          return member;
        },
        transactor: async (id, timeoutMs) => {
          const transactor = await log.transactor(id, timeoutMs);
          return delegate(transactor, {
            commit: (commit) => transactor.commit({ ...commit, member: newest ?? commit.member }),
          });
        },
      }),
  };
}

function unstableOffsets(): PortWrappers {
  return {
    wrapLog: (log) =>
      delegate(log, {
        transactor: async (id, timeoutMs) => {
          const transactor = await log.transactor(id, timeoutMs);
          return delegate(transactor, { committed: (group, partitions) => log.topics.committed(group, partitions) });
        },
      }),
  };
}

// The first id that a process opens is its own; others belong to those it inherits from.
function forgettingTheDeparted(): PortWrappers {
  return {
    wrapLog: (log) => {
      let own: string | undefined;
      return delegate(log, {
        transactor: async (id, timeoutMs) => {
          own ??= id;
          if (id === own) return await log.transactor(id, timeoutMs);
          return { close: () => Promise.resolve() } as Transactor;
        },
      });
    },
  };
}

export const mutations: readonly Mutation[] = [
  {
    name: 'the changelog is left out of the commit',
    job: 'stateful-map',
    log: 'kafka',
    wrappers: () =>
      committing((commit) => ({ ...commit, outputs: commit.outputs.filter((batch) => !isChangelog(batch)) })),
  },
  {
    name: 'offsets are committed without outputs',
    job: 'side-outputs',
    log: 'kafka',
    wrappers: () => committing((commit) => ({ ...commit, outputs: commit.outputs.filter(isChangelog) })),
  },
  {
    name: 'outputs are committed without offsets',
    job: 'side-outputs',
    log: 'kafka',
    wrappers: () => committing((commit) => ({ ...commit, offsets: [] })),
  },
  {
    name: 'offsets go into a transaction of their own, before the outputs',
    job: 'side-outputs',
    log: 'kafka',
    wrappers: () =>
      transacting((transactor) => ({
        commit: async (commit) => {
          await transactor.commit({ ...commit, outputs: [] });
          await transactor.commit({ ...commit, offsets: [] });
        },
      })),
  },
  {
    name: 'outputs go into a transaction of their own, before the offsets',
    job: 'side-outputs',
    log: 'kafka',
    wrappers: () =>
      transacting((transactor) => ({
        commit: async (commit) => {
          await transactor.commit({ ...commit, offsets: [] });
          await transactor.commit({ ...commit, outputs: [] });
        },
      })),
  },
  {
    name: 'rows are written to the store before the commit',
    job: 'stateful-map',
    log: 'kafka',
    wrappers: () =>
      transacting((transactor, store) => ({
        commit: async (commit) => {
          await store.write([commit.rows]);
          await transactor.commit(commit);
        },
      })),
  },
  {
    name: 'the cut row is forgotten',
    job: 'stateful-map',
    log: 'embedded',
    wrappers: () => committing((commit) => ({ ...commit, rows: rowsWithout(commit.rows, isCutRow) })),
  },
  {
    name: 'state rows are forgotten',
    job: 'stateful-map',
    log: 'embedded',
    wrappers: () => committing((commit) => ({ ...commit, rows: rowsWithout(commit.rows, (key) => !isCutRow(key)) })),
  },
  {
    name: 'timers are forgotten',
    job: 'windows',
    log: 'embedded',
    wrappers: () =>
      committing((commit) => ({ ...commit, rows: rowsWithout(commit.rows, isRowOf('windows', 'count', '#event')) })),
  },
  {
    name: 'calls in flight are forgotten',
    job: 'async-map',
    log: 'embedded',
    wrappers: () =>
      committing((commit) => ({ ...commit, rows: rowsWithout(commit.rows, isRowOf('async-map', 'ask', 'calls')) })),
  },
  {
    name: 'the generation is not checked',
    job: 'stateful-map',
    log: 'kafka',
    wrappers: () => ignoringGenerations(),
  },
  {
    name: 'inputs are read uncommitted',
    job: 'side-outputs',
    log: 'kafka',
    wrappers: () => reading((request) => ({ ...request, isolation: 'uncommitted' })),
  },
  {
    name: 'exchanges are read uncommitted',
    job: 'repartition',
    log: 'kafka',
    wrappers: () =>
      reading((request) =>
        request.partitions.some(({ topic }) => isRepartition(topic))
          ? { ...request, isolation: 'uncommitted' }
          : request,
      ),
  },
  {
    name: 'batches are given back before they were processed',
    job: 'side-outputs',
    log: 'kafka',
    wrappers: () => recyclingEarly(),
  },
  {
    name: 'the departed are not fenced',
    job: 'broadcast',
    log: 'kafka',
    wrappers: () => forgettingTheDeparted(),
  },
  {
    name: 'offsets in doubt are read',
    job: 'broadcast',
    log: 'kafka',
    wrappers: () => unstableOffsets(),
  },
  {
    name: 'the store loses rows that it said were written',
    job: 'stateful-map',
    log: 'kafka',
    wrappers: () => storing((key) => !isPosition(key)),
  },
];
