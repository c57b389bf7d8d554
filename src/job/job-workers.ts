import type { MetricsSink } from '../observability/metric-family.ts';
import type { RestoreProgress } from '../runtime/restore-changelog.ts';
import type { PreparedTopics } from './prepare-topics.ts';

/** The workers of a running job as the job sees them: one in this thread (Supervisor), or several threads (ThreadPool). */
export interface WorkerTotals {
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly deadLetters: number;
  readonly restarts: number;
  readonly tasks: number;
  /** How far state is restored from changelogs. */
  readonly restore: RestoreProgress;
  /** Copies of the state of tasks that other processes run, and how many records they are behind together. */
  readonly standbys: { readonly tasks: number; readonly lag: number };
}

export type WorkersPhase = 'starting' | 'restoring' | 'running' | 'restarting';

export interface JobWorkers {
  readonly totals: WorkerTotals;
  readonly phase: WorkersPhase;
  /** Monotonic time of the last turn of the slowest loop, ms; undefined while none runs. */
  readonly lastTurn: number | undefined;
  collect(sink: MetricsSink): void;
  /** Resolves when all ended as asked or at the end of their input; rejects when one is given up. Called once. */
  run(): Promise<void>;
  /** Goes on with other partitions: the workers start again from their last commit. */
  rescale(prepared: PreparedTopics): void;
  end(ending: 'drain' | 'close'): void;
  abort(reason: unknown): void;
  /** Runs `work` while the whole job stands still at one commit: sources paused, internal topics empty. */
  quiesce<T>(work: () => Promise<T>): Promise<T>;
}
