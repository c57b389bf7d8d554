/**
 * Opens tasks beside the worker's loop, so that those that are ready go on while others restore. A few at a time: each may
 * hold some megabytes of changelog.
 *
 *   waiting -> opening --all of the group ready--> attached (a turn of the loop), and not ours any more
 *      |          |
 *      '--cancel--'--> stops at its next step -> onCancelled: from now on the tasks may be somebody else's
 */
import { StreamError } from '../core/stream-error.ts';
import type { RestoreProgress } from './restore-changelog.ts';
import type { Task, TaskId } from './task.ts';

/** Tasks that are attached together: time passes between them without the log in between. */
interface Group {
  readonly ids: readonly TaskId[];
  readonly abort: AbortController;
  readonly opened: OpenedTask[];
  progress: RestoreProgress;
}

/** A task that is open, and what puts it into the loop. */
export interface OpenedTask {
  readonly task: Task;
  readonly attach: () => void;
}

export interface TaskOpenerOptions {
  /** Opens one task; `onRestoring` hears how far its restore is. */
  readonly open: (
    id: TaskId,
    signal: AbortSignal,
    onRestoring: (progress: RestoreProgress) => void,
  ) => Promise<OpenedTask>;
  /** Runs `work` on the worker's turn. */
  readonly mail: (work: () => void) => void;
  readonly onOpened: (opened: readonly OpenedTask[]) => void;
  /** The tasks are closed; called on the worker's turn. */
  readonly onCancelled: (ids: readonly TaskId[]) => void;
  readonly onError: (error: unknown) => void;
}

/** Groups opened at the same time. */
const mostAtOnce = 4;

export class TaskOpener {
  readonly #options: TaskOpenerOptions;
  readonly #waiting: Group[] = [];
  /** Waiting, opening, or on their way into the loop. */
  readonly #groups = new Set<Group>();
  readonly #runners = new Set<Promise<void>>();
  /** Of groups that are done. */
  #done: RestoreProgress = nothing;

  constructor(options: TaskOpenerOptions) {
    this.#options = options;
  }

  /** Tasks that are not attached yet, and those whose opening has not stopped yet. */
  get ids(): readonly TaskId[] {
    return [...this.#groups].flatMap(({ ids }) => ids);
  }

  /** How far the restores are, as far as it is known: what remains, and what was applied since tasks were last opened. */
  get progress(): RestoreProgress {
    let { remaining, records, bytes } = this.#done;
    for (const { progress } of this.#groups) {
      remaining += progress.remaining;
      records += progress.records;
      bytes += progress.bytes;
    }
    return { remaining, records, bytes };
  }

  open(groups: readonly (readonly TaskId[])[]): void {
    for (const ids of groups) {
      const group: Group = { ids, abort: new AbortController(), opened: [], progress: nothing };
      this.#groups.add(group);
      this.#waiting.push(group);
    }
    while (this.#runners.size < mostAtOnce && this.#runners.size < this.#groups.size) {
      const runner = this.#run().finally(() => this.#runners.delete(runner));
      this.#runners.add(runner);
    }
  }

  /** Stops opening groups of which a task is not wanted. */
  keep(wanted: ReadonlySet<TaskId>): void {
    for (const { ids, abort } of this.#groups) if (!ids.every((id) => wanted.has(id))) abort.abort(notWanted);
  }

  /** Stops everything. Nothing is written any more when this resolves. */
  async close(): Promise<void> {
    for (const { abort } of this.#groups) abort.abort(notWanted);
    await Promise.all(this.#runners);
    for (const group of this.#groups) closeAll(group);
    this.#groups.clear();
  }

  async #run(): Promise<void> {
    for (let group = this.#waiting.shift(); group !== undefined; group = this.#waiting.shift()) {
      await this.#openGroup(group);
    }
  }

  async #openGroup(group: Group): Promise<void> {
    const { open, mail, onOpened, onCancelled, onError } = this.#options;
    const { signal } = group.abort;
    try {
      for (const id of group.ids) {
        signal.throwIfAborted();
        const { records, bytes } = group.progress;
        const opened = await open(id, signal, (progress) => {
          const { remaining } = progress;
          group.progress = { remaining, records: records + progress.records, bytes: bytes + progress.bytes };
        });
        group.opened.push(opened);
      }
    } catch (error) {
      if (!signal.aborted) onError(error);
    }
    mail(() => {
      this.#groups.delete(group);
      const { records, bytes } = this.#done;
      const { progress } = group;
      this.#done = { remaining: 0, records: records + progress.records, bytes: bytes + progress.bytes };
      if (group.opened.length === group.ids.length && !signal.aborted) {
        onOpened(group.opened);
        return;
      }
      closeAll(group);
      onCancelled(group.ids);
    });
  }
}

function closeAll({ opened }: Group): void {
  for (const { task } of opened.splice(0)) task.close();
}

const nothing: RestoreProgress = { remaining: 0, records: 0, bytes: 0 };

const notWanted = new StreamError('ABORTED', 'the task is not wanted here any more');
