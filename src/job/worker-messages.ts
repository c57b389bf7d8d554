/** What a job and its worker threads say to each other, beside the log's own port. */
import type { MessagePort } from 'node:worker_threads';
import type { KafkaOptions } from '../connectors/kafka/kafka-options.ts';
import type { Layout } from '../plan/plan.ts';
import type { TopicInfo, WorkerSettings } from '../runtime/worker-options.ts';
import type { MetricReading } from './options.ts';
import type { PreparedTopics } from './prepare-topics.ts';
import type { RestartSettings } from './supervisor.ts';
import type { TopicCoding } from './topic-codecs.ts';
import type { WorkersPhase, WorkerTotals } from './job-workers.ts';

/** What a worker thread is started with. */
export interface WorkerThreadData {
  /** Module of the topology, loaded again in the thread. */
  readonly module: string;
  readonly config: unknown;
  /** Fingerprint of the whole graph as the job built it; a thread that builds another one refuses to start. */
  readonly graph: string;
  readonly layout: Layout;
  readonly topics: ReadonlyMap<string, TopicInfo>;
  readonly settings: WorkerSettings;
  readonly coding: TopicCoding;
  readonly restart: RestartSettings;
  /** Folder of the LevelDB store, opened once more in this thread. */
  readonly storeFolder: string;
  /** The log of the job's thread, or how to open one. */
  readonly log: { readonly port: MessagePort } | { readonly kafka: KafkaOptions };
}

export type ToThread =
  | { readonly type: 'end'; readonly ending: 'drain' | 'close' }
  | { readonly type: 'abort' }
  | { readonly type: 'holdSources'; readonly held: boolean }
  | { readonly type: 'topics'; readonly prepared: PreparedTopics }
  | { readonly type: 'report' };

export type FromThread =
  | {
      readonly type: 'report';
      readonly totals: WorkerTotals;
      readonly phase: WorkersPhase;
      /** Everything that was read has been processed and committed. */
      readonly quiet: boolean;
      readonly readings: readonly MetricReading[];
    }
  | { readonly type: 'commit'; readonly durationMs: number; readonly pauseMs: number }
  | { readonly type: 'transaction'; readonly durationMs: number }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'ended' }
  | { readonly type: 'failed'; readonly code: string; readonly message: string; readonly reaction: string };
