import type { Clock, Random } from '../core/clock.ts';
import type { Codec } from '../core/codec.ts';
import type { Log } from '../core/log.ts';
import type { Store } from '../core/store.ts';
import type { Topic } from '../core/topic.ts';
import type { Layout, Plan } from '../plan/plan.ts';
import type { StateBackend } from '../state/backend.ts';
import type { SourceStarts } from './source-start.ts';

export interface WorkerSettings {
  readonly group: string;
  /** Fingerprints of graphs whose state this graph can take over: its own, and that of the one before. */
  readonly fingerprints: ReadonlySet<string>;
  /** Stable for this worker's slot: a restart fences its predecessor by it. */
  readonly transactionalId: string;
  /** Static member of its group; its place may outlast the worker. */
  readonly member?: { readonly instanceId: string; readonly keepPlace: boolean } | undefined;
  readonly exchange: 'direct' | 'log';
  readonly commitLingerMs: number;
  readonly commitIntervalMs: number;
  /** Bound of state caches; half of it in dirty rows and outputs forces a commit. */
  readonly stateBytes: number;
  readonly inputBytes: number;
  readonly sessionTimeoutMs: number;
  readonly transactionTimeoutMs: number;
  /** Workers that keep a copy of the state of a task, beside the one that runs it. Default 0. */
  readonly standbys?: number | undefined;
  /** How tasks with state move to where there is no copy of them; undefined: at once, and copies cannot be kept here. */
  readonly warmUps?: WarmUpSettings | undefined;
  /** Copies are kept elsewhere, where there is an elsewhere. */
  readonly place?: WorkerPlace | undefined;
  /** Where sources start, where it is not as the topology says. */
  readonly starts?: SourceStarts | undefined;
  /** Stop at the end of the inputs as they are when the worker starts (bounded logs: at their end). */
  readonly bounded: boolean;
}

export interface WarmUpSettings {
  /** A copy that is behind by no more records takes its task over. [acceptable.recovery.lag] */
  readonly acceptableLag: number;
  /** Most copies in the group that are made for moves. [max.warmup.replicas] */
  readonly most: number;
}

export interface WorkerPlace {
  readonly host: string;
  /** Data centre, room, rack: what fails together. */
  readonly rack?: string | undefined;
}

export interface TopicInfo {
  readonly id: string;
  readonly partitions: number;
  /** How long deletions can be read, where that is known. [delete.retention.ms] */
  readonly deletionsKeptMs?: number | undefined;
}

export interface WorkerOptions {
  readonly plan: Plan;
  readonly layout: Layout;
  readonly settings: WorkerSettings;
  readonly log: Log;
  readonly backend: StateBackend;
  /** Store behind the backend, for changelogs; needed when the log does not store rows. */
  readonly store: Store | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** Topics of the job, internal ones included. */
  readonly topics: ReadonlyMap<string, TopicInfo>;
  /** How the values of a user topic stand in the log. */
  readonly codecOf: (topic: Topic<unknown>) => Codec<unknown>;
  readonly listener: WorkerListener;
}

export interface WorkerListener {
  /** Phase or task set changed. */
  onChange(): void;
  /** A commit went through: `durationMs` from the cut until it was durable, `pauseMs` of it processing stood still. */
  onCommit(durationMs: number, pauseMs: number): void;
  /** Something worth a line in the log. */
  onWarning(message: string): void;
}

export type WorkerPhase = 'starting' | 'joining' | 'restoring' | 'running' | 'stopped' | 'failed';
