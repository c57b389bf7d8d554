import type { MessagePort, Transferable } from 'node:worker_threads';
import type { Log, LogReader, MemberId, Transactor } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { LocalGroupMember } from './group-spec.ts';
import { LocalLog } from './local-log.ts';
import type { Greeting, OwnerCalls, WorkerCalls } from './log-protocol.ts';
import { Moved, PortCalls, sentError, type Handlers } from './port-calls.ts';
import { packFetched, unpackRows, unpackSealed } from './wire-format.ts';

/**
 * Lets another thread use this log through a port (see connectLog). Returns a function that ends it: what the thread had
 * open is closed, and its members leave, except static ones, which keep their place until their session ends.
 * `groups`: the log underneath, which keeps the groups, where `log` wraps it (generated topics).
 */
export function serveLog(log: Log, port: MessagePort, groups: Log = log): () => void {
  if (!(groups instanceof LocalLog)) {
    throw new StreamError('UNSUPPORTED', `a ${log.kind} log cannot be shared between threads`, {
      remedy: 'Run the job with one worker.',
    });
  }
  const { kind, storesRows, shared } = log;
  const open = new OpenParts();
  const worker: PortCalls<OwnerCalls, WorkerCalls> = new PortCalls(
    port,
    handlersOf(log, groups, open, () => worker),
    () => {
      open.close();
    },
  );
  port.postMessage({ kind, storesRows, shared } satisfies Greeting);
  return () => {
    worker.close();
    open.close();
  };
}

/** What the other thread has open, by the number it chose. */
class OpenParts {
  readonly readers = new Map<number, LogReader>();
  readonly fetches = new Map<number, AbortController>();
  readonly transactors = new Map<number, Transactor>();
  readonly members = new Map<number, { readonly handle: LocalGroupMember; readonly isStatic: boolean }>();

  close(): void {
    for (const reader of this.readers.values()) void reader.close();
    for (const transactor of this.transactors.values()) void transactor.close();
    for (const { handle, isStatic } of this.members.values()) if (!isStatic) void handle.leave();
    this.members.clear();
  }
}

function handlersOf(
  log: Log,
  groups: LocalLog,
  open: OpenParts,
  worker: () => PortCalls<OwnerCalls, WorkerCalls>,
): Handlers<OwnerCalls> {
  return {
    list: () => log.topics.list(),
    describe: (names) => log.topics.describe(names),
    create: (specs) => log.topics.create(specs),
    deleteRecords: (before) => log.topics.deleteRecords(before),
    bounds: (partitions) => log.topics.bounds(partitions),
    offsetsAt: (partitions, timestamp) => log.topics.offsetsAt(partitions, timestamp),
    committed: (group, partitions) => log.topics.committed(group, partitions),

    fetch: async (reader, request) => {
      const abort = new AbortController();
      const source = open.readers.get(reader) ?? log.reader();
      open.readers.set(reader, source);
      open.fetches.set(reader, abort);
      const buffers: Transferable[] = [];
      const fetched = packFetched(await source.fetch({ ...request, signal: abort.signal }), buffers);
      return new Moved(fetched, buffers);
    },
    cancelFetch: (reader) => {
      open.fetches.get(reader)?.abort();
    },
    closeReader: async (reader) => {
      await open.readers.get(reader)?.close();
      open.readers.delete(reader);
      open.fetches.delete(reader);
    },

    transactor: async (transactor, id, timeoutMs) => {
      open.transactors.set(transactor, await log.transactor(id, timeoutMs));
    },
    append: (transactor, outputs) => open.transactors.get(transactor)!.append(unpackSealed(outputs)),
    commit: (transactor, { outputs, offsets, member, rows }) =>
      open.transactors
        .get(transactor)!
        .commit({ outputs: unpackSealed(outputs), offsets, member, rows: unpackRows(rows) }),
    abort: (transactor) => open.transactors.get(transactor)!.abort(),
    closeTransactor: async (transactor) => {
      await open.transactors.get(transactor)?.close();
      open.transactors.delete(transactor);
    },

    join: async (member, spec) => {
      const idNow = (): MemberId => open.members.get(member)!.handle.id;
      const handle = await groups.join({
        ...spec,
        heartbeats: true,
        assignor: async (views) => new Map(await worker().call('assign', [member, views])),
        listener: {
          metadata: () => worker().call('metadata', [member]),
          onAssigned: (assignment, generation) =>
            worker().call('onAssigned', [member, assignment, { ...idNow(), generation }]),
          onLost: () => tell(worker().call('onLost', [member])),
          onError: (error) => tell(worker().call('onError', [member, sentError(error)])),
        },
      });
      open.members.set(member, { handle, isStatic: spec.instanceId !== undefined });
      return handle.id;
    },
    heartbeat: (member) => {
      open.members.get(member)?.handle.heartbeat();
    },
    rejoin: (member) => {
      open.members.get(member)?.handle.rejoin();
    },
    leave: async (member) => {
      await open.members.get(member)?.handle.leave();
      open.members.delete(member);
    },
  };
}

// A thread that is gone hears nothing; the end of its port, or of its session, takes care of the rest.
function tell(call: Promise<unknown>): void {
  call.catch(() => undefined);
}
