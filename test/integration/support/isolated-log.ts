import type {
  Commit,
  FetchedPartition,
  Log,
  SealedBatch,
  TopicAdmin,
  TopicPartition,
  Transactor,
} from '../../../src/core/log.ts';

/** A part of a log for one test: topics, groups and transactional ids carry a prefix outside and none inside. */
export function isolated(log: Log, prefix: string): Log {
  const into = <T extends TopicPartition>(place: T): T => ({ ...place, topic: prefix + place.topic });
  const out = <T extends TopicPartition>(place: T): T => ({ ...place, topic: place.topic.slice(prefix.length) });
  const named = <T extends { readonly name: string }>(topic: T): T => ({
    ...topic,
    name: topic.name.slice(prefix.length),
  });
  const inner = log.topics;
  const topics: TopicAdmin = {
    list: async () => (await inner.list()).filter(({ name }) => name.startsWith(prefix)).map(named),
    describe: async (names) =>
      (await inner.describe(names.map((name) => prefix + name))).map((topic) => topic && named(topic)),
    create: (specs) => inner.create(specs.map((spec) => ({ ...spec, name: prefix + spec.name }))),
    deleteRecords: (before) => inner.deleteRecords(before.map(into)),
    bounds: async (places) => (await inner.bounds(places.map(into))).map(out),
    offsetsAt: async (places, time) => (await inner.offsetsAt(places.map(into), time)).map(out),
    committed: (group, places) => inner.committed(prefix + group, places.map(into)),
  };
  const fetched = ({ batch, ...more }: FetchedPartition): FetchedPartition => ({
    ...out(more),
    batch: batch && out(batch),
  });
  return {
    kind: log.kind,
    storesRows: log.storesRows,
    shared: log.shared,
    topics,
    reader: () => {
      const reader = log.reader();
      return {
        fetch: async (request) =>
          (await reader.fetch({ ...request, partitions: request.partitions.map(into) })).map(fetched),
        close: () => reader.close(),
      };
    },
    join: async (spec) => {
      const member = await log.join({ ...spec, group: prefix + spec.group });
      return {
        get id() {
          return { ...member.id, group: member.id.group.slice(prefix.length) };
        },
        rejoin: () => {
          member.rejoin();
        },
        leave: () => member.leave(),
      };
    },
    transactor: async (id, timeoutMs) => {
      const transactor = await log.transactor(prefix + id, timeoutMs);
      const sealed = (outputs: readonly SealedBatch[]) => outputs.map(into);
      const commit = ({ outputs, offsets, member, rows }: Commit): Commit => ({
        outputs: sealed(outputs),
        offsets: offsets.map(into),
        member: { ...member, group: prefix + member.group },
        rows,
      });
      const renamed: Transactor = {
        id,
        append: (outputs) => transactor.append(sealed(outputs)),
        commit: (what) => transactor.commit(commit(what)),
        abort: () => transactor.abort(),
        committed: (group, places) => transactor.committed(prefix + group, places.map(into)),
        close: () => transactor.close(),
      };
      return renamed;
    },
    close: () => log.close(),
  };
}
