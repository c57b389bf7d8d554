/**
 * The log that a benchmark runs on: one input topic comes from memory, everything written is dropped, and all the rest
 * (groups, positions, commits with state rows) is the log underneath, so that commits cost what they cost.
 */
import type { FetchRequest, FetchedPartition, Log, LogFactory, LogReader, RecordBatch } from '../../src/index.ts';
import type { Lines } from './lines.ts';

export interface BenchmarkInput {
  readonly topic: string;
  readonly lines: Lines;
  /** Called before the first record is handed out. */
  readonly onFirstFetch: () => void;
}

export function benchmarkLog(base: LogFactory, input: BenchmarkInput): LogFactory {
  return {
    kind: base.kind,
    async open(context) {
      const opened = await base.open(context);
      // The positions of the input are kept in an empty topic of the same name.
      await opened.log.topics.create([{ name: input.topic, partitions: 1 }]);
      return { ...opened, log: wrap(opened.log, input) };
    },
  };
}

function wrap(log: Log, input: BenchmarkInput): Log {
  const { topics } = log;
  const { count } = input.lines;
  return {
    kind: log.kind,
    storesRows: log.storesRows,
    shared: log.shared,
    topics: {
      list: () => topics.list(),
      describe: (names) => topics.describe(names),
      create: (specs) => topics.create(specs),
      deleteRecords: (before) => topics.deleteRecords(before),
      offsetsAt: (partitions, timestamp) => topics.offsetsAt(partitions, timestamp),
      committed: (group, partitions) => topics.committed(group, partitions),
      bounds: async (partitions) =>
        (await topics.bounds(partitions)).map((bounds) =>
          bounds.topic === input.topic ? { ...bounds, end: count, stable: count } : bounds,
        ),
    },
    reader: () => new PreparedReader(log.reader(), input),
    join: (spec) => log.join(spec),
    async transactor(id, timeoutMs) {
      const inner = await log.transactor(id, timeoutMs);
      return {
        id: inner.id,
        append: async () => undefined,
        commit: (commit) => inner.commit({ ...commit, outputs: [] }),
        abort: () => inner.abort(),
        committed: (group, partitions) => inner.committed(group, partitions),
        close: () => inner.close(),
      };
    },
    close: () => log.close(),
  };
}

/** Hands out one prepared batch a fetch. Other topics (returning dead letters) are read from the log underneath. */
class PreparedReader implements LogReader {
  readonly #inner: LogReader;
  readonly #input: BenchmarkInput;
  /** By first offset. A benchmark that was interrupted starts anew, so no other offsets are asked for. */
  readonly #batches: ReadonlyMap<number, RecordBatch>;
  #started = false;

  constructor(inner: LogReader, input: BenchmarkInput) {
    this.#inner = inner;
    this.#input = input;
    this.#batches = new Map(input.lines.batches.map((batch) => [batch.offsets[0]!, batch]));
  }

  async fetch(request: FetchRequest): Promise<readonly FetchedPartition[]> {
    const { topic, lines, onFirstFetch } = this.#input;
    const own = request.partitions.find((partition) => partition.topic === topic);
    const batch = own === undefined ? undefined : this.#batches.get(own.offset);
    if (batch === undefined) return this.#inner.fetch(request);
    if (!this.#started) onFirstFetch();
    this.#started = true;
    const { count: end } = lines;
    const { nextOffset } = batch;
    return [{ topic, partition: 0, batch, nextOffset, end, stable: end, ended: nextOffset === end }];
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
