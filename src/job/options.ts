/** How a job is run: the options of `run` and what it returns. */
import type { Observable } from 'rxjs';
import type { GeneratedPartition } from '../connectors/generated-log.ts';
import type { KafkaOptions } from '../connectors/kafka/kafka-options.ts';
import type { Encoding } from '../contracts/contract.ts';
import type { RegistryOptions } from '../contracts/registry-options.ts';
import type { Clock, Random } from '../core/clock.ts';
import type { Duration } from '../core/duration.ts';
import type { Log } from '../core/log.ts';
import type { StartPosition } from '../core/start-position.ts';
import type { Store } from '../core/store.ts';
import type { Compression } from '../core/topic.ts';
import type { HealthMonitor } from '../observability/health-monitor.ts';
import type { MetricsRegistry } from '../observability/metrics-registry.ts';
import type { StateBackend } from '../state/backend.ts';
import type { RowSource } from '../state/job-rows.ts';

/** An open log, and the store behind it where it has one (state rows are committed with it). */
export interface OpenLog {
  readonly log: Log;
  readonly store: Store | undefined;
  /** Folder of that store when it is LevelDB: worker threads open it once more. */
  readonly storeFolder?: string;
  /** What worker threads open the log with, each for itself. Without it they reach it through the job's thread. */
  readonly kafka?: KafkaOptions;
  /** Closes what `open` made. The log itself is among it. */
  close(): Promise<void>;
}

export interface OpenContext {
  readonly clock: Clock;
  readonly random?: Random;
  readonly job: string;
  /** Memory for state, bytes: see MemoryOptions. */
  readonly stateBytes?: number;
}

export interface LogFactory {
  readonly kind: string;
  open(context: OpenContext): Promise<OpenLog>;
}

export interface OpenState {
  readonly backend: StateBackend & RowSource;
  /** Store of the rows, for changelogs; undefined for state that is memory only. */
  readonly store: Store | undefined;
  /** Folder of the store when it is LevelDB and belongs to the state: worker threads open it once more. */
  readonly storeFolder?: string;
  /** Name that this process keeps from start to start, kept with the state. */
  readonly instance?: string;
  close(): Promise<void>;
}

/** Makes the state backend. On a log that stores rows (embedded) its store is used. */
export interface StateFactory {
  readonly kind: 'memory' | 'leveldb';
  open(context: OpenContext & { readonly log: OpenLog }): Promise<OpenState>;
}

export interface CommitOptions {
  /** Commit this long after the first uncommitted output. Default 10 ms embedded, 50 ms on Kafka. */
  readonly linger?: Duration;
  /** Commit at the latest after this long. Default 1 s. */
  readonly interval?: Duration;
}

export interface WarmUpOptions {
  /**
   * A task with state only moves for balance to a process whose copy of that state is behind by no more records; until
   * then it stays where it is. Default 10,000. [acceptable.recovery.lag]
   */
  readonly acceptableLag?: number;
  /** Copies that all processes together make for such moves at a time. Default 2. [max.warmup.replicas] */
  readonly most?: number;
}

export interface MemoryOptions {
  /**
   * Bound of the decoded state caches of a worker, bytes. Default 256 MiB. Half of it in dirty rows and outputs forces a
   * commit. LevelDB's write buffer is an eighth of it beside it, from 4 to 128 MiB.
   */
  readonly stateBytes?: number;
  /** Bound of prefetched input of a worker, bytes. Default 16 MiB. */
  readonly inputBytes?: number;
}

/** What may be said of a topic beside the topology, for the cluster it is on. */
export interface TopicOverrides {
  readonly partitions?: number | undefined;
  readonly replicas?: number | undefined;
  readonly retention?: Duration | undefined;
  readonly compression?: Compression | undefined;
  /** How a contract's values stand in the topic. */
  readonly encoding?: Encoding | undefined;
}

export interface RunOptions<C> {
  readonly config?: Partial<C>;
  /** Default: the embedded log in `.millrace/<job>`. */
  readonly log?: LogFactory;
  /** Default: LevelDB, in the embedded log's folder. */
  readonly state?: StateFactory;
  /** Input topics that are generated instead of read from the log, by name: a partition each. */
  readonly generated?: Readonly<Record<string, readonly GeneratedPartition<unknown>[]>>;
  /**
   * Where sources without a committed position start, by id of the source, `*` for all others; what topology says counts
   * less. The same is done when a position is not in the log any more. [auto.offset.reset]
   */
  readonly start?: Readonly<Record<string, StartPosition>>;
  /** Aborting it drains nothing: the worker stops after its last commit. */
  readonly signal?: AbortSignal;
  /** Consumer group. Default: the job's name. */
  readonly group?: string;
  /** Partitions of topics the job creates. Default 4 (1 for drivers). */
  readonly partitions?: number;
  /** Replicas of topics the job creates and that name none, on Kafka. Default: the brokers' own. */
  readonly replicas?: number;
  /** Settings of single topics, by name: they count more than those of the topology. */
  readonly topics?: Readonly<Record<string, TopicOverrides>>;
  /**
   * Schema registry: topics with Avro contracts are then written with the id of their schema, as Confluent's clients do,
   * and read with the schema that each record names.
   */
  readonly registry?: RegistryOptions;
  readonly commit?: CommitOptions;
  readonly memory?: MemoryOptions;
  /** Worker threads. Default 1: the calling thread. More need `module`, LevelDB state and a durable log. */
  readonly workers?: number;
  /** URL of the module whose default export is the topology (`import.meta.url`): each thread loads it again. */
  readonly module?: string;
  /** Exchange transport. Default: direct with one worker on an unshared log between whose stages nothing waits, else log. */
  readonly exchange?: 'direct' | 'log';
  /** Stop at the end of bounded inputs, or at the offsets that were the end when the job started. */
  readonly bounded?: boolean;
  readonly restart?: { readonly initial?: Duration; readonly max?: Duration; readonly attempts?: number };
  /**
   * Name of this process in the group: part of its transactional ids, and no two processes may have the same. Given, its
   * place in the group is kept for `sessionTimeout` when it stops (static membership). Default: kept with LevelDB state,
   * and the place is given up when the job ends. [group.instance.id]
   */
  readonly instance?: string;
  /**
   * Workers that keep a copy of the state of each task, beside the one that runs it, on logs that do not store state
   * (Kafka): a take-over then needs only what came last. Default 0. [num.standby.replicas]
   */
  readonly standbys?: number;
  /** How tasks with state move between processes, on logs that do not store state. */
  readonly warmUps?: WarmUpOptions;
  /** Silence after which the group takes a worker's tasks away. Default 45 s. */
  readonly sessionTimeout?: Duration;
  /** How long a transaction of a vanished worker may stay open. Default 60 s. */
  readonly transactionTimeout?: Duration;
  /** How often inputs are looked at for more partitions, on Kafka. Default 1 min. [partition.discovery.interval.ms] */
  readonly partitionDiscovery?: Duration;
  /** Shows the engine's metrics beside yours. */
  readonly metrics?: MetricsRegistry;
  /** Is told whether the workers live and are ready. */
  readonly health?: HealthMonitor;
  /** Told about every commit: its duration, and for how much of it processing stood still, milliseconds. */
  readonly onCommit?: (durationMs: number, pauseMs: number) => void;
  /** Told about what the job survives: restarts, trouble while closing. */
  readonly onWarning?: (message: string) => void;
  readonly clock?: Clock;
  readonly random?: Random;
}

export type JobPhase = 'starting' | 'restoring' | 'running' | 'draining' | 'restarting' | 'stopped' | 'failed';

export interface JobStatus {
  readonly job: string;
  readonly phase: JobPhase;
  /** Records read and written since the start, all workers. */
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly deadLetters: number;
  readonly restarts: number;
  readonly tasks: number;
  /** State coming back from changelogs: records to go, records and bytes applied. */
  readonly restore: { readonly remaining: number; readonly records: number; readonly bytes: number };
  /** Copies kept of the state of tasks that other processes run, and how many records they are behind together. */
  readonly standbys: { readonly tasks: number; readonly lag: number };
  readonly error: Error | undefined;
}

export interface MetricReading {
  /** Prometheus name, unit included. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

export interface JobHandle {
  readonly name: string;
  /** The job's log, for reading and feeding topics beside it (toObservable, fromObservable). Closed with the job. */
  readonly log: Log;
  readonly status: JobStatus;
  /** Emits the current status on subscribing and then on every change of phase and at most four times a second. */
  readonly status$: Observable<JobStatus>;
  /** The engine's numbers once a second, for as long as somebody is subscribed. */
  readonly metrics$: Observable<readonly MetricReading[]>;
  /** Resolves when the job stopped by itself (bounded input, drain), rejects when it failed. */
  readonly finished: Promise<void>;
  /** Stops reading, lets everything in flight finish, commits, stops. */
  drain(): Promise<void>;
  /** Commits what is complete and stops; in-flight calls stay in their log for the next start. Idempotent. */
  close(): Promise<void>;
  /** One consistent cut of the whole job, copied into an empty folder. UNSUPPORTED on Kafka. */
  savepoint(folder: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
