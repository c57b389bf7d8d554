/**
 * Keyed state as operators use it. One TaskState per task; inside it one OperatorState per stateful operator.
 *
 * The life of a change:   set() -> dirty in the cache -> collect() moves it into the commit's rows -> committed()
 *                                                   \-> rollback() forgets everything since the last commit
 *
 * `collect` swaps the dirty set: the next epoch may run while the rows are being written. Entries of a collected but not
 * yet committed epoch stay readable from the cache.
 */
import type { Key } from '../core/partitioner.ts';
import type { TimeDomain } from '../core/process-function.ts';
import type { RowBatch } from '../core/row-batch.ts';
import type { MapSpec, MapState, StateSpec } from '../core/state-spec.ts';
import type { Codec } from '../core/codec.ts';

/** What state needs to know about time (TTL). */
export interface StateTime {
  /** Wall time, ms. */
  processingTime(): number;
  /** Current watermark of the operator's task, ms; -Infinity before the first. */
  eventTime(): number;
}

export interface StateBackend {
  /** `memory` or `leveldb`. */
  readonly kind: string;
  /** Opens the state of one task. State of operators is addressed by job, operator, state name and partition. */
  openTask(address: TaskAddress, time: StateTime): TaskState;
  close(): Promise<void>;
}

export interface TaskAddress {
  readonly job: string;
  /** For messages and for rows of the task itself (cut row). */
  readonly subTopology: string;
  readonly partition: number;
}

export interface TaskState {
  readonly address: TaskAddress;
  /** Key prefixes of every row of this task in the store, cut row included. */
  readonly rowPrefixes: readonly string[];
  /** Declares an operator's keyed state and timers. Same specs every time; call before `load`. */
  operator(operatorId: string, specs: Readonly<Record<string, StateSpec>>): OperatorState;
  /** Declares a map that belongs to the task, not to a key (broadcast state): wholly in memory once loaded. */
  taskMap<K extends string | number, V>(operatorId: string, name: string, spec: MapSpec<K, V>): MapState<K, V>;
  /** Declares a numbered row log of the task (in-flight calls): wholly in memory once loaded. */
  taskRows<T>(operatorId: string, name: string, codec: Codec<T>): TaskRows<T>;
  /** Reads what must be in memory before processing (cut row, timers up to a horizon, task maps and rows). */
  load(): Promise<void>;
  /** The cut row's bytes of the last commit; undefined for a task that never committed. */
  readonly cut: Buffer | undefined;
  /** Moves all changes since the last collect, and the given cut row, into `rows`. Also removes a bounded number of expired entries. */
  collect(rows: RowBatch, cut: Buffer): void;
  /** The rows of the oldest collect not yet confirmed are durable. */
  committed(): void;
  /** Forgets every change since the last confirmed commit, in every operator, and loads again. */
  rollback(): Promise<void>;
  /** Estimated bytes of changes not yet collected. */
  readonly dirtyBytes: number;
  /** Estimated bytes held in caches. */
  readonly cachedBytes: number;
  /** Frees clean entries until `cachedBytes` is at most `targetBytes` (called between batches). */
  shrink(targetBytes: number): void;
  close(): void;
}

/** Keyed state of one operator. All handles refer to the key of the last `setKey`. */
export interface OperatorState {
  setKey(key: Key): void;
  /** Until the next `setKey` there is no key: handles fail with STATE_ACCESS. */
  leaveKey(): void;
  readonly key: Key;
  /** Handles by name, the same objects for the life of the task. */
  readonly handles: Readonly<Record<string, unknown>>;
  readonly timers: TimerState;
  /** Clears every handle's state of the current key. */
  clearKey(): void;
  /**
   * Invocation scope: after `begin`, first-touched old values are remembered until `accept` or put back by `revert`.
   * `accept` fails with ENCODE_FAILED or RECORD_TOO_LARGE when a changed value cannot be written; it is to be reverted then.
   */
  begin(): void;
  accept(): void;
  revert(): void;
}

export interface TimerState {
  /** Registers for the current key; a second one of the same domain and time is the same timer. */
  register(domain: TimeDomain, time: number): void;
  delete(domain: TimeDomain, time: number): void;
  /**
   * Takes the earliest timer at or before `time` out of the queue and makes its key current; false: none is due;
   * `'loading'`: rows must be read first, `ready()` resolves when they are.
   */
  takeDue(domain: TimeDomain, time: number): boolean | 'loading';
  /** Time of the timer last taken. */
  readonly takenTime: number;
  ready(): Promise<void>;
  /** Time of the earliest timer of a domain; Infinity: none. A lower bound while rows are not loaded. */
  next(domain: TimeDomain): number;
  /** Number of timers in memory. */
  readonly size: number;
}

/** Rows of a task in ascending sequence. */
export interface TaskRows<T> {
  readonly size: number;
  set(sequence: number, value: T): void;
  delete(sequence: number): void;
  entries(): IterableIterator<[number, T]>;
}
