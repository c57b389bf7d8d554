/**
 * State on logs that do not store rows (Kafka): every row of a commit is also a record of the sub-topology's changelog,
 * inside the same transaction, so the log is the truth and the local store a cache of it.
 *
 *   commit:   changelog + outputs + offsets in one transaction, then the rows and the position into the store
 *   restore:  read committed records from the store's position to the end, apply them, then open the task
 *
 * Beside its state each task keeps here which graph wrote it, so that a machine without local state can tell, too.
 */
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { RowBatch } from '../core/row-batch.ts';
import type { Store } from '../core/store.ts';
import { StreamError } from '../core/stream-error.ts';
import type { TopicWriter } from '../operators/host.ts';
import { manifestOf } from '../plan/manifest.ts';
import type { Plan, SubTopology } from '../plan/plan.ts';
import { encodePosition, positionKey, type ChangelogPosition } from './changelog-position.ts';
import { restoreChangelog, type ChangelogCopy, type RestoreProgress } from './restore-changelog.ts';
import type { TaskId } from './task.ts';
import type { WorkerOptions } from './worker-options.ts';

export function changelogTopic(job: string, subTopology: string): string {
  return `${job}-${subTopology}-changelog`;
}

/** The row of a task's changelog that says which graph wrote it. */
export function taskGraphKey(job: string, task: TaskId): string {
  return `~graph/${job}/${task}`;
}

/**
 * Whether the tasks of a sub-topology have rows to keep. Without state and event time the group's offsets say it all, and
 * a stateless job pays for no changelog. Event time is kept also where there is no state: else a source that fell idle
 * before a crash would never know again how late it is.
 */
export function keepsRows(plan: Plan, sub: SubTopology): boolean {
  if (sub.stateful || sub.exchangesIn.length > 0) return true;
  return [...sub.sources, ...sub.broadcastSources].some((id) => {
    const node = plan.graph.nodes.get(id)!;
    return node.kind === 'source' && node.time.watermarks !== undefined;
  });
}

/** The changelog of a worker; undefined: the log keeps the rows. */
export function changelogOf({ plan, layout, log, store, clock }: WorkerOptions): Changelog | undefined {
  if (log.storesRows) return undefined;
  if (store === undefined) throw new StreamError('UNSUPPORTED', `state on a ${log.kind} log needs a store`);
  const graph = JSON.stringify(manifestOf(plan.graph, { plan, layout }));
  return new Changelog({ log, store, clock, job: plan.graph.job, graph });
}

export interface ChangelogOptions {
  readonly log: Log;
  readonly store: Store;
  readonly clock: Clock;
  readonly job: string;
  /** The graph of this build, as text. */
  readonly graph: string;
}

export interface RestoreRequest {
  readonly task: TaskId;
  readonly topic: string;
  readonly partition: number;
  /** Prefixes of the task's rows in the store. */
  readonly prefixes: readonly string[];
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RestoreProgress) => void;
  readonly onOutdated: (error: StreamError) => void;
}

export class Changelog {
  readonly #options: ChangelogOptions;
  readonly #positions = new Map<TaskId, ChangelogPosition>();
  /** Tasks whose changelog holds the graph of this build. */
  readonly #noted = new Set<TaskId>();

  constructor(options: ChangelogOptions) {
    this.#options = options;
  }

  /** Brings the store's rows of a task up to the end of its changelog. The predecessor must have been fenced before. */
  async restore({ task, prefixes, ...request }: RestoreRequest): Promise<void> {
    const keys = [this.#graphKey(task)];
    const position = await restoreChangelog({ ...this.#options, ...request, task, prefixes, keys });
    this.#positions.set(task, position);
    if (this.graphOf(task) === this.#options.graph) this.#noted.add(task);
    else this.#noted.delete(task);
  }

  /** The changelog of a task that another worker runs, as a copy of it is kept here. */
  copyOf(task: TaskId, topic: string, partition: number, prefixes: readonly string[]): ChangelogCopy {
    return { ...this.#options, task, topic, partition, prefixes, keys: [this.#graphKey(task)] };
  }

  /** The graph that wrote the task's state; undefined: there is none yet. */
  graphOf(task: TaskId): string | undefined {
    return this.#options.store.get(this.#graphKey(task))?.toString();
  }

  /** Adds what the changelog has to hold of a task beside its state. */
  note(task: TaskId, rows: RowBatch): void {
    if (this.#noted.has(task)) return;
    rows.putBytes(this.#graphKey(task), Buffer.from(this.#options.graph));
    this.#noted.add(task); // a commit that fails ends the worker
  }

  /** Writes rows `[from, to)` of a commit as changelog records. */
  append(writer: TopicWriter, partition: number, rows: RowBatch, from: number, to: number): void {
    for (let i = from; i < to; i++) writer.writeRow(partition, rows, i);
  }

  /**
   * After the transaction: the rows become local state, with the positions they bring the store to. `at`: wall time before
   * the transaction was committed, ms; afterwards others may have written.
   */
  async store(rows: RowBatch, written: ReadonlyMap<TaskId, number>, at: number): Promise<void> {
    const { store, job } = this.#options;
    for (const [task, count] of written) {
      const before = this.#positions.get(task);
      if (before === undefined) continue;
      const position = { topicId: before.topicId, offset: before.offset + count, at };
      this.#positions.set(task, position);
      rows.putBytes(positionKey(job, task), encodePosition(position));
    }
    await store.write([rows]);
  }

  forget(task: TaskId): void {
    this.#positions.delete(task);
    this.#noted.delete(task);
  }

  #graphKey(task: TaskId): string {
    return taskGraphKey(this.#options.job, task);
  }
}
