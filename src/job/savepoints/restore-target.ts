import type { Commit } from '../../core/log.ts';
import type { Row } from '../../core/store.ts';

/** Where the rows of a job's savepoint go. Called in this order. */
export interface RestoreTarget {
  /** Fails with SAVEPOINT_INVALID when the job has state, unless it may be replaced; FENCED when it runs. */
  check(): Promise<void>;
  /** Makes the internal topics of the job. From here to `done` a job that is started refuses. */
  prepare(): Promise<void>;
  /** Removes what the job has. */
  clear(): Promise<void>;
  write(rows: readonly Row[]): Promise<void>;
  /** What the last commit brings: cut rows, and which graph they belong to. */
  last(cuts: readonly TaskRow[], graph: Buffer): Promise<Partial<Commit>>;
  /** After the last commit: the job may start. */
  done(): Promise<void>;
}

/** A row of a task. */
export interface TaskRow extends Row {
  readonly subTopology: string;
  readonly partition: number;
}
