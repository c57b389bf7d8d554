/** What an operator needs from the worker that runs it. The runtime implements it; operators know nothing else of it. */
import type { Clock } from '../core/clock.ts';
import type { Codec } from '../core/codec.ts';
import type { TimeDomain } from '../core/process-function.ts';
import type { RowBatch } from '../core/row-batch.ts';
import type { StreamError } from '../core/stream-error.ts';
import type { Cursor } from './cursor.ts';

/** Work that continues between slices: timers to fire, finished calls to emit. */
export interface Advancer {
  /**
   * Does at most a bounded amount of work. Returns true when nothing is left, false to be called again (other advancers
   * first), or a promise to wait for before calling again.
   */
  advance(): boolean | Promise<void>;
}

/** Where an operator writes records of one topic. */
export interface TopicWriter {
  readonly partitions: number;
  /** Every record should have a time. */
  readonly timed: boolean;
  /** Writes `value`; a value whose bytes are still at the cursor is forwarded as it is. */
  write(partition: number, key: string | null, value: unknown, codec: Codec<unknown>, timestamp: number): void;
  /** Writes a row of a store, a deleted one as a tombstone. */
  writeRow(partition: number, rows: RowBatch, row: number): void;
}

export interface FiredTimer {
  readonly domain: TimeDomain;
  readonly time: number;
}

export interface DeadLetter {
  readonly operator: string;
  readonly error: StreamError;
  /** Encoded input of the operator that failed; empty for timers, and for a value that its codec cannot write. */
  readonly raw: Uint8Array;
  /** Input index of the operator (0 or 1); -1 for timers. */
  readonly input: number;
  /** The timer whose function failed. */
  readonly timer?: FiredTimer | undefined;
}

export interface OperatorHost {
  readonly cursor: Cursor;
  readonly clock: Clock;
  readonly job: string;
  /** `<sub-topology>-<partition>`, for messages. */
  readonly task: string;
  readonly partition: number;
  /** No input is fed until every scheduled advancer is done. Scheduling twice is once. */
  schedule(advancer: Advancer): void;
  /** True while an advancer is scheduled. */
  readonly advancing: boolean;
  /** Runs `work` on the worker's turn, never inside another invocation. May be called from any callback. */
  mail(work: () => void): void;
  /** Stops (true) or resumes (false) feeding this task; calls nest by `reason`. */
  hold(reason: object, held: boolean): void;
  /** True while some reason holds the task. */
  readonly held: boolean;
  writer(topic: string): TopicWriter;
  deadLetter(letter: DeadLetter): void;
}
