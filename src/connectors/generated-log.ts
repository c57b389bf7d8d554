/**
 * Input topics that nobody writes: a pure function of position and time, as partitions of a log. Because a record follows
 * from its offset, a restart reads the same records again; everything else is the log underneath.
 */
import { delay, type Clock } from '../core/clock.ts';
import { ByteWriter } from '../core/byte-writer.ts';
import type { Codec } from '../core/codec.ts';
import type { FetchedPartition, FetchRequest, Log, LogReader, PartitionOffset, TopicAdmin } from '../core/log.ts';
import { recordBatchOf, type RecordBatch } from '../core/record-batch.ts';
import { StreamError } from '../core/stream-error.ts';

export interface GeneratedRecord<T> {
  readonly offset: number;
  readonly key: string;
  readonly value: T;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

export interface GeneratedPartition<T> {
  /** First offset that can still be read, and the offset of the next record to come. */
  bounds(nowMs: number): { readonly start: number; readonly end: number };
  /** Records at or after `position` that exist by now, with dense offsets; and how long to wait for the next one. */
  next(position: number, nowMs: number): { readonly records: readonly GeneratedRecord<T>[]; readonly waitMs: number };
}

export interface GeneratedTopic<T> {
  readonly codec: Codec<T>;
  readonly partitions: readonly GeneratedPartition<T>[];
}

type Topics = ReadonlyMap<string, GeneratedTopic<unknown>>;

/** `log` with some topics generated. Group, transactions and all other topics are the log's own. */
export function generatedLog(log: Log, topics: Topics, clock: Clock): Log {
  return {
    kind: log.kind,
    storesRows: log.storesRows,
    writesChecksums: log.writesChecksums,
    timesRecords: log.timesRecords,
    shared: log.shared,
    topics: generatedAdmin(log.topics, topics, clock),
    reader: () => new GeneratedReader(log.reader(), topics, clock),
    join: (spec) => log.join(spec),
    transactor: (id, timeoutMs) => log.transactor(id, timeoutMs),
    close: () => log.close(),
  };
}

function generatedAdmin(admin: TopicAdmin, topics: Topics, clock: Clock): TopicAdmin {
  const describe = (name: string) => {
    const topic = topics.get(name);
    if (topic === undefined) return undefined;
    const { length: partitions } = topic.partitions;
    return { name, partitions, id: `generated:${name}`, retentionMs: undefined, compacted: false, internal: false };
  };
  const boundsOf = ({ topic, partition }: { topic: string; partition: number }) => {
    const generated = partitionOf(topics, topic, partition);
    if (generated === undefined) return undefined;
    const { start, end } = generated.bounds(clock.now());
    return { topic, partition, start, end, stable: end };
  };
  return {
    list: async () => [...(await admin.list()), ...[...topics.keys()].map((name) => describe(name)!)],
    describe: async (names) => {
      const others = await admin.describe(names);
      return names.map((name, i) => describe(name) ?? others[i]);
    },
    create: (specs) => admin.create(specs.filter(({ name }) => !topics.has(name))),
    ...(admin.addPartitions === undefined ? {} : { addPartitions: admin.addPartitions.bind(admin) }),
    deleteRecords: (before) => admin.deleteRecords(before.filter(({ topic }) => !topics.has(topic))),
    bounds: (partitions) => mixed(partitions, boundsOf, (others) => admin.bounds(others)),
    offsetsAt: (partitions, timestamp) =>
      mixed(
        partitions,
        (at) => {
          const bounds = boundsOf(at);
          return bounds === undefined ? undefined : { ...at, offset: offsetAt(topics, at, timestamp, bounds) };
        },
        (others) => admin.offsetsAt(others, timestamp),
      ),
    committed: (group, partitions) => admin.committed(group, partitions),
  };
}

// Answers for generated partitions from here, for the others from the log underneath, in the order asked.
async function mixed<P extends { readonly topic: string; readonly partition: number }, R>(
  partitions: readonly P[],
  own: (partition: P) => R | undefined,
  ask: (others: readonly P[]) => Promise<readonly R[]>,
): Promise<readonly R[]> {
  const answers = partitions.map(own);
  const others = partitions.filter((_, i) => answers[i] === undefined);
  const asked = others.length === 0 ? [] : [...(await ask(others))];
  return answers.map((answer) => answer ?? asked.shift()!);
}

function partitionOf(topics: Topics, topic: string, partition: number): GeneratedPartition<unknown> | undefined {
  return topics.get(topic)?.partitions[partition];
}

function offsetAt(
  topics: Topics,
  at: { readonly topic: string; readonly partition: number },
  timestamp: number,
  bounds: { readonly start: number; readonly end: number },
): number {
  const generated = partitionOf(topics, at.topic, at.partition)!;
  const { end } = generated.bounds(timestamp);
  return Math.min(bounds.end, Math.max(bounds.start, end));
}

class GeneratedReader implements LogReader {
  readonly #reader: LogReader;
  readonly #topics: Topics;
  readonly #clock: Clock;

  constructor(reader: LogReader, topics: Topics, clock: Clock) {
    this.#reader = reader;
    this.#topics = topics;
    this.#clock = clock;
  }

  async fetch(request: FetchRequest): Promise<readonly FetchedPartition[]> {
    const own = request.partitions.filter(({ topic }) => this.#topics.has(topic));
    const others = request.partitions.filter(({ topic }) => !this.#topics.has(topic));
    if (own.length === 0) return await this.#reader.fetch(request);
    const ready = this.#generate(own);
    const waitMs = ready.fetched.length > 0 ? 0 : Math.min(request.maxWaitMs, ready.waitMs);
    const fetched =
      others.length > 0
        ? await this.#reader.fetch({ ...request, partitions: others, maxWaitMs: waitMs })
        : await this.#wait(waitMs, request.signal);
    return [...fetched, ...(waitMs === 0 ? ready.fetched : this.#generate(own).fetched)];
  }

  recycle(batch: RecordBatch): void {
    this.#reader.recycle?.(batch);
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  async #wait(waitMs: number, signal: AbortSignal | undefined): Promise<readonly FetchedPartition[]> {
    if (waitMs > 0) await delay(this.#clock, waitMs, signal);
    return [];
  }

  #generate(own: readonly PartitionOffset[]): { fetched: FetchedPartition[]; waitMs: number } {
    const now = this.#clock.now();
    const fetched: FetchedPartition[] = [];
    let waitMs = Infinity;
    for (const { topic, partition, offset } of own) {
      const generated = partitionOf(this.#topics, topic, partition);
      if (generated === undefined) throw new StreamError('TOPIC_UNKNOWN', 'no such partition', { topic, partition });
      const { records, waitMs: wait } = generated.next(offset, now);
      waitMs = Math.min(waitMs, wait);
      if (records.length === 0) continue;
      const batch = this.#batch(topic, partition, records);
      const { end } = generated.bounds(now);
      fetched.push({ topic, partition, batch, nextOffset: batch.nextOffset, end, stable: end });
    }
    return { fetched, waitMs };
  }

  #batch(topic: string, partition: number, records: readonly GeneratedRecord<unknown>[]) {
    const { codec } = this.#topics.get(topic)!;
    const out = new ByteWriter(1024);
    const encoded = records.map(({ key, value, timestamp }) => {
      out.clear();
      codec.encode(value, out);
      return { key: Buffer.from(key), value: out.take(), timestamp };
    });
    return recordBatchOf(topic, partition, records[0]!.offset, encoded);
  }
}
