/** The commands' view of the engine. `systemEngine` is the real one; tests of commands bring their own. */
import type { Topic } from '../core/topic.ts';
import type { JobModule } from '../job/load-topology.ts';
import type { JobHandle, TopicOverrides } from '../job/options.ts';
import type { SavepointProgress } from '../job/savepoints/savepoint-progress.ts';
import type { HealthMonitor } from '../observability/health-monitor.ts';
import type { Logger } from '../observability/logger.ts';
import type { MetricsRegistry } from '../observability/metrics-registry.ts';
import type { Plan } from '../plan/plan.ts';
import type { Settings } from './config/settings.ts';
import type { Folder } from './folder.ts';
import type { FileWiring } from './file-wiring.ts';
import type { Io } from './io.ts';

export interface RunRequest {
  readonly module: JobModule;
  readonly config: Readonly<Record<string, unknown>>;
  readonly settings: Settings;
  readonly topics: Readonly<Record<string, TopicOverrides>>;
  /** Absolute path of the data folder. */
  readonly data: string;
  /** Files instead of the embedded log. */
  readonly files: FileWiring | undefined;
  /** Gets the committed records of a topic while the job runs. */
  readonly live: { readonly topic: Topic<unknown>; readonly onRecord: (record: unknown) => void } | undefined;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly metrics: MetricsRegistry;
  readonly health: HealthMonitor;
  readonly io: Io;
}

export interface SavepointRequest {
  readonly module: JobModule;
  readonly config: Readonly<Record<string, unknown>>;
  readonly settings: Settings;
  readonly topics: Readonly<Record<string, TopicOverrides>>;
  /** Absolute path of the folder that it goes to. */
  readonly to: string;
  readonly io: Io;
}

export interface RestoreRequest {
  readonly module: JobModule;
  readonly config: Readonly<Record<string, unknown>>;
  readonly settings: Settings;
  readonly topics: Readonly<Record<string, TopicOverrides>>;
  /** Absolute path of the data folder. */
  readonly data: string;
  /** Absolute path of the savepoint. */
  readonly from: string;
  readonly force: boolean;
  readonly copiedTopics: boolean;
  readonly onProgress: (progress: SavepointProgress) => void;
  readonly io: Io;
}

/** A log to ask things of: the cluster that the settings name, else the data folder. */
export interface PlaceRequest {
  readonly settings: Settings;
  /** Absolute path of the data folder. */
  readonly data: string;
  readonly plan?: Plan;
  readonly io: Io;
}

export interface Engine {
  builtInJobs(): readonly string[];
  loadTopology(specifier: string, folder: string): Promise<JobModule>;
  run(request: RunRequest): Promise<JobHandle>;
  /** Savepoint of a job on a cluster that does not run. */
  savepoint(request: SavepointRequest): Promise<void>;
  restore(request: RestoreRequest): Promise<void>;
  /**
   * A log and what is kept with it: a cluster, or a data folder that is opened or asked through the process that has it
   * open. Fails with LOG_LOCKED when that one does not answer, LOG_UNAVAILABLE when no broker does.
   */
  openFolder(request: PlaceRequest): Promise<Folder>;
}
