/** A host's connection to the simulated log. Every call of the port travels, so every call is a crash point. */
import type {
  FetchedPartition,
  FetchRequest,
  GroupMember,
  GroupSpec,
  Log,
  LogReader,
  TopicAdmin,
  Transactor,
} from '../../core/log.ts';
import type { RecordBatch } from '../../core/record-batch.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { Host } from './host.ts';
import { EmbeddedTransactor } from './embedded-transactor.ts';
import { KafkaTransactor } from './kafka-transactor.ts';
import { randomInt } from './seeded-random.ts';
import type { SimCluster } from './sim-cluster.ts';
import { SimMember } from './sim-member.ts';

export class SimLog implements Log {
  readonly kind = 'simulated';
  readonly storesRows: boolean;
  readonly shared: boolean;
  readonly topics: TopicAdmin;
  readonly #host: Host;
  readonly #cluster: SimCluster;
  #members = 0;

  constructor(host: Host, cluster: SimCluster) {
    this.#host = host;
    this.#cluster = cluster;
    this.storesRows = cluster.disk !== undefined;
    this.shared = true;
    this.topics = topicAdmin(host, cluster);
  }

  reader(): LogReader {
    return {
      fetch: (request) => fetchFrom(this.#host, this.#cluster, request),
      recycle: spoil,
      close: () => Promise.resolve(),
    };
  }

  join(spec: GroupSpec): Promise<GroupMember> {
    const newId = (): string => `${this.#host.name}/${++this.#members}`;
    return Promise.resolve(new SimMember(this.#host, this.#cluster.groups, spec, newId));
  }

  async transactor(id: string, timeoutMs: number): Promise<Transactor> {
    const { transactions } = this.#cluster;
    const holder = await this.#host.call('log.transactor', () => transactions.open(id, timeoutMs));
    return this.storesRows
      ? new EmbeddedTransactor(this.#host, this.#cluster, holder)
      : new KafkaTransactor(this.#host, this.#cluster, holder);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Whoever still looks at a batch that was given back finds rubbish there. */
function spoil({ slab, offsets }: RecordBatch): void {
  slab.fill(0xee);
  new Uint8Array(offsets.buffer).fill(0xee); // all columns
}

function topicAdmin(host: Host, cluster: SimCluster): TopicAdmin {
  const call = <T>(perform: () => T | PromiseLike<T>): Promise<T> => host.call('log.topics', perform);
  return {
    list: () => call(() => cluster.topics),
    describe: (names) => call(() => names.map((name) => cluster.describe(name))),
    create: (specs) =>
      call(() => {
        for (const spec of specs) cluster.create(spec);
      }),
    deleteRecords: (before) =>
      call(() => {
        for (const position of before) {
          const partition = cluster.partition(position);
          partition.start = Math.max(partition.start, Math.min(position.offset, partition.stable));
        }
      }),
    bounds: (partitions) =>
      host.call('log.bounds', () =>
        partitions.map(({ topic, partition }) => {
          const { start, end, stable } = cluster.partition({ topic, partition });
          return { topic, partition, start, end, stable };
        }),
      ),
    offsetsAt: (partitions, timestamp) =>
      call(() =>
        partitions.map(({ topic, partition }) => {
          const { records, start, end } = cluster.partition({ topic, partition });
          const found = records.find((record) => record.offset >= start && record.timestamp >= timestamp);
          return { topic, partition, offset: found?.offset ?? end };
        }),
      ),
    committed: (group, partitions) => host.call('log.committed', () => cluster.groups.offsets(group, partitions)),
  };
}

/** Most records of a partition in one answer: small, so that batches end at odd places. */
const mostRecords = 12;

function fetchFrom(host: Host, cluster: SimCluster, request: FetchRequest): Promise<readonly FetchedPartition[]> {
  const { signal } = request;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal?.reason as Error);
    if (signal?.aborted === true) {
      abort();
      return;
    }
    signal?.addEventListener('abort', abort, { once: true });
    host
      .call('log.fetch', () => longPoll(cluster, request))
      .then(resolve, reject)
      .finally(() => signal?.removeEventListener('abort', abort));
  });
}

// The answer, as soon as there is something to read or the wait is over.
async function longPoll(cluster: SimCluster, request: FetchRequest): Promise<readonly FetchedPartition[]> {
  const first = readAll(cluster, request);
  if (first.some(isNews)) return first;
  await new Promise<void>((resolve) => {
    const finish = (): void => {
      timer.cancel();
      for (const unwatch of unwatchers) unwatch();
      resolve();
    };
    const timer = cluster.scheduler.at(request.maxWaitMs, 'fetch wait', finish);
    const unwatchers = request.partitions.map((place) => {
      const partition = cluster.partition(place);
      return partition.watch(() => {
        const { nextOffset } = partition.read(place.offset, 1, request.isolation);
        if (nextOffset > place.offset) finish();
      });
    });
  });
  return readAll(cluster, request);
}

function isNews({ batch }: FetchedPartition): boolean {
  return batch !== undefined;
}

function readAll(cluster: SimCluster, request: FetchRequest): readonly FetchedPartition[] {
  return request.partitions.map(({ topic, partition, offset }) => {
    const found = cluster.partition({ topic, partition });
    const { start, end, stable } = found;
    if (offset < start || offset > end) {
      const reason = `offset ${offset} is not in [${start}, ${end}]`;
      throw new StreamError('OFFSET_OUT_OF_RANGE', reason, { topic, partition, offset });
    }
    const limit = randomInt(cluster.scheduler.random, 1, mostRecords + 1);
    const { batch, nextOffset } = found.read(offset, limit, request.isolation);
    return { topic, partition, batch, nextOffset, end, stable };
  });
}
