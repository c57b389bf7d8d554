import { BatchWriter } from '../../core/batch-writer.ts';
import { ByteWriter } from '../../core/byte-writer.ts';
import type { Clock } from '../../core/clock.ts';
import { string } from '../../core/codec.ts';
import type { Commit, FetchedPartition, Log, MemberId, PartitionOffset, SealedBatch } from '../../core/log.ts';
import { RowBatch } from '../../core/row-batch.ts';
import { messageOf, StreamError } from '../../core/stream-error.ts';
import { ManualClock } from '../manual-clock.ts';
import type { TestFunctions } from './store-suite.ts';

export interface LogSuiteOptions {
  /** A fresh log without topics, on this clock; closed by the suite. */
  open(clock: SuiteClock): Promise<Log>;
  /** Reads a state row of the log last opened; required where the log stores rows. */
  row?(key: string): string | undefined;
  /** For a cluster: how it may differ from a log in this process. */
  readonly cluster?: ClusterTraits;
}

export interface SuiteClock extends Clock {
  /** Lets time pass. */
  advance(durationMs: number): Promise<void>;
  /** Timers that wait. */
  readonly pending: number;
}

/** What Kafka does otherwise; each is known to the engine. */
export interface ClusterTraits {
  /** Time is real there. */
  readonly clock: () => SuiteClock;
  /** How long a group waits for a member that is still taking in its last assignment. */
  readonly patienceMs: number;
}

export const topic = 'numbers';
export const outsider: MemberId = { group: 'g', generation: -1, memberId: '' };

/** What a case works with: a log with topic `numbers` of two partitions, and short forms of the port's calls. */
export class LogCase {
  readonly log: Log;
  readonly clock: SuiteClock;
  readonly cluster: ClusterTraits | undefined;

  constructor(log: Log, clock: SuiteClock, cluster?: ClusterTraits) {
    this.log = log;
    this.clock = clock;
    this.cluster = cluster;
  }

  /** Offsets that the end of a transaction takes in each of its partitions. */
  get marker(): number {
    return this.cluster === undefined ? 0 : 1;
  }

  /** Commits values to partition 0 under a transactional id of its own. */
  async write(...values: string[]): Promise<void> {
    const transactor = await this.log.transactor('writer', 60_000);
    await transactor.commit(commitOf([sealed(0, values)]));
    await transactor.close();
    await this.settled();
  }

  /** A cluster shows what was committed a little later. */
  async settled(): Promise<void> {
    for (let turn = 0; this.cluster !== undefined && turn < 10_000; turn++) {
      const [bounds] = await this.log.topics.bounds([at(0, 0)]);
      if (bounds!.stable === bounds!.end) return;
      await this.clock.yield();
    }
  }

  async fetch(offset: number, more: { partitionBytes?: number; maxWaitMs?: number } = {}): Promise<FetchedPartition> {
    const reader = this.log.reader();
    try {
      const request = { partitionBytes: 1 << 20, maxWaitMs: 0, isolation: 'committed' as const, ...more };
      const [fetched] = await reader.fetch({ ...request, partitions: [at(0, offset)] });
      return fetched!;
    } finally {
      await reader.close();
    }
  }

  /** All values from an offset on; an answer may end before the log does. */
  async values(offset = 0): Promise<string[]> {
    const fetched = await this.fetch(offset);
    const more = fetched.nextOffset < fetched.stable ? await this.values(fetched.nextOffset) : [];
    return [...valuesOf(fetched), ...more];
  }

  /** Lets other work go on until the condition holds. */
  async until(condition: () => boolean): Promise<void> {
    for (let turn = 0; turn < 10_000 && !condition(); turn++) await this.clock.yield();
    if (!condition()) throw new StreamError('SIMULATION_FAILED', `still waiting: ${String(condition)}`);
  }
}

export function at(partition: number, offset: number): PartitionOffset {
  return { topic, partition, offset };
}

/** A sealed batch of values; timestamps are 1000, 2000, ... */
export function sealed(partition: number, values: readonly string[], name = topic): SealedBatch {
  const writer = new BatchWriter(name, partition);
  values.forEach((value, i) => writer.append(value, string, value, (i + 1) * 1000));
  return writer.seal()!;
}

export function commitOf(
  outputs: readonly SealedBatch[],
  offsets: readonly PartitionOffset[] = [],
  member: MemberId = outsider,
  rows = new RowBatch(new ByteWriter()),
): Commit {
  return { outputs, offsets, member, rows };
}

export function valuesOf({ batch }: FetchedPartition): string[] {
  if (batch === undefined) return [];
  return Array.from({ length: batch.count }, (_, i) =>
    batch.slab.toString('utf8', batch.valueStarts[i], batch.valueEnds[i]),
  );
}

/** The code a promise fails with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'no error';
  } catch (error) {
    return StreamError.is(error) ? error.code : messageOf(error);
  }
}

export type Expect = (actual: unknown) => ReturnType<TestFunctions['expect']>;

export type Case = (name: string, body: (one: LogCase) => Promise<void>) => void;

export function casesOf(functions: TestFunctions, options: LogSuiteOptions): Case {
  return (name, body) =>
    functions.test(name, async () => {
      const { cluster } = options;
      const clock = cluster === undefined ? new ManualClock() : cluster.clock();
      const log = await options.open(clock);
      try {
        await log.topics.create([{ name: topic, partitions: 2 }]);
        await body(new LogCase(log, clock, cluster));
      } finally {
        await log.close();
      }
    });
}
