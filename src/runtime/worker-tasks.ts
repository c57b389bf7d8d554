/**
 * The tasks of a worker. What the group assigns is opened beside the loop and attached on a turn of it; what it takes away
 * is committed, closed and given back.
 *
 *   assignment -> release what is gone -> fence the departed -> done: the group goes on -> open, restore -> attach
 */
import type { Assignor, GroupMember, Transactor } from '../core/log.ts';
import { StreamError } from '../core/stream-error.ts';
import type { NodeId } from '../graph/nodes.ts';
import type { ExchangeEntry } from '../operators/exchange.ts';
import type { SubTopology } from '../plan/plan.ts';
import { decodeAssignment, encodeMetadata, taskAssignor, type Assignment } from './assignment.ts';
import { changelogTopic, type Changelog } from './changelog.ts';
import { Departed, tableOf } from './departed.ts';
import { copyOfTask, openTask, prepareTask } from './open-task.ts';
import type { RestoreProgress } from './restore-changelog.ts';
import { TaskCopies, type ChangelogPlace } from './task-copies.ts';
import { TaskOpener, type OpenedTask } from './task-opener.ts';
import { taskId, type Task, type TaskId, type TaskWorker } from './task.ts';
import type { WorkerCommits } from './worker-commits.ts';
import type { WorkerOptions } from './worker-options.ts';

export interface WorkerTasksOptions {
  readonly worker: TaskWorker;
  readonly options: WorkerOptions;
  readonly changelog: Changelog | undefined;
  // Of the running worker: made when it starts.
  readonly transactor: () => Transactor;
  readonly member: () => GroupMember;
  readonly commits: WorkerCommits;
  /** A task was closed. */
  readonly onReleased: (task: Task) => void;
  /** Other tasks are attached than before. */
  readonly onTasks: () => void;
  /** Tasks are on their way, or have arrived. */
  readonly onChange: () => void;
  readonly onError: (error: unknown) => void;
}

interface PendingAssignment {
  readonly assignment: Assignment;
  readonly generation: number;
  readonly done: () => void;
}

export class WorkerTasks {
  readonly assignor: Assignor;
  readonly #options: WorkerTasksOptions;
  /** Every task of the job, in the order of the plan. */
  readonly #places: ReadonlyMap<TaskId, { readonly sub: SubTopology; readonly partition: number }>;
  readonly #attached = new Map<TaskId, Task>();
  #list: readonly Task[] = [];
  readonly #entries = new Map<NodeId, ExchangeEntry[]>();
  readonly #opener: TaskOpener;
  readonly #departed: Departed;
  /** Undefined: the log keeps the rows. */
  readonly #copies: TaskCopies | undefined;
  readonly #pending: PendingAssignment[] = [];
  /** Of the last assignment; undefined: there was none yet. */
  #complete: boolean | undefined;
  /** Ends the assignment that is being taken in. */
  #assigning: (() => void) | undefined;

  constructor(options: WorkerTasksOptions) {
    const { log, plan, settings, store } = options.options;
    this.#options = options;
    this.#places = allTasks(options.options);
    const copied = this.#copied();
    this.assignor = taskAssignor([...this.#places.keys()], {
      single: settings.exchange === 'direct',
      standbys: settings.standbys ?? 0,
      copied: new Set(copied.keys()),
      warmUps: settings.warmUps,
    });
    this.#opener = new TaskOpener({
      open: (id, signal, onRestoring) => this.#open(id, signal, onRestoring),
      mail: (work) => {
        options.worker.mail(work);
      },
      onOpened: (opened) => {
        this.#attach(opened);
      },
      onCancelled: (ids) => {
        for (const id of ids) options.changelog?.forget(id);
        options.onChange();
        options.member().rejoin();
      },
      onError: options.onError,
    });
    const { changelog } = options;
    if (changelog !== undefined && store !== undefined) {
      this.#copies = new TaskCopies({
        log,
        store,
        clock: options.options.clock,
        job: plan.graph.job,
        tasks: copied,
        copyOf: (id) => {
          const { sub, partition } = this.#places.get(id)!;
          return copyOfTask(options, changelog, sub, partition);
        },
        acceptableLag: settings.warmUps?.acceptableLag,
        mail: (work) => {
          options.worker.mail(work);
        },
        rejoin: () => {
          options.member().rejoin();
        },
        onWarning: (message) => {
          options.options.listener.onWarning(message);
        },
      });
    }
    this.#departed = new Departed({
      log,
      job: plan.graph.job,
      store: log.storesRows ? undefined : store,
      transactionTimeoutMs: settings.transactionTimeoutMs,
    });
  }

  /** Those that take part in the loop. */
  get attached(): readonly Task[] {
    return this.#list;
  }

  /**
   * An assignment waits for `takeAssignment`. One that takes tasks away waits for the commit under way: the loop goes on
   * meanwhile, and stands still only for a commit of what has come since.
   */
  get assigned(): boolean {
    const next = this.#pending[0];
    if (next === undefined) return false;
    return !this.#options.commits.running || this.#list.every(({ id }) => next.assignment.tasks.includes(id));
  }

  /** Others are on their way. */
  get opening(): boolean {
    return this.#assigning !== undefined || this.#pending.length > 0 || this.#opener.ids.length > 0;
  }

  /** Every task of the job has a worker, as far as is known here. */
  get complete(): boolean {
    return this.#complete ?? false;
  }

  /** How far the restores are. */
  get restoring(): RestoreProgress {
    return this.#opener.progress;
  }

  /** How many records the copies are behind that are kept here of the state of others. */
  get standbys(): ReadonlyMap<TaskId, number | undefined> {
    return this.#copies?.lags ?? new Map();
  }

  /** What the assignor is told. */
  metadata(): Uint8Array {
    const { plan, settings } = this.#options.options;
    const held = [...this.#attached.keys(), ...this.#opener.ids];
    return encodeMetadata({
      topology: plan.fingerprint,
      id: settings.transactionalId,
      held,
      copies: this.#copies?.metadata(held),
      place: settings.place,
      table: this.#departed.table,
      fenced: this.#departed.fenced,
    });
  }

  /** Keeps an assignment for the next turn; resolves when the group may go on. */
  assign(bytes: Uint8Array, generation: number): Promise<void> {
    const assignment = decodeAssignment(bytes);
    const { refused } = assignment;
    if (refused !== undefined) {
      const { job } = this.#options.options.plan.graph;
      this.#options.onError(new StreamError('FENCED', refused, { job, remedy: 'Stop the other worker first.' }));
      return Promise.resolve();
    }
    return new Promise((done) => {
      this.#pending.push({ assignment, generation, done });
    });
  }

  /** Takes in the next assignment. */
  async takeAssignment(): Promise<void> {
    const next = this.#pending.shift();
    if (next === undefined) return;
    const { assignment, generation, done } = next;
    this.#assigning = done;
    const isFirst = this.#complete === undefined;
    this.#complete = assignment.complete;
    await this.#departed.remember(tableOf(generation, assignment.table));
    await this.#take(assignment);
    // A static member that comes back is given what it had, without a new round: if it died before it told that it has
    // given up a task, nobody else will ask who is to have that.
    const isStatic = this.#options.options.settings.member !== undefined;
    if (isFirst && isStatic && !assignment.complete) this.#options.member().rejoin();
  }

  /** Opens nothing any more. */
  async stop(): Promise<void> {
    for (const { done } of this.#pending.splice(0)) done();
    this.#assigning?.();
    await this.#opener.close();
    await this.#copies?.close();
  }

  close(): void {
    for (const task of this.#list) task.close();
    this.#attached.clear();
    this.#list = [];
  }

  // Gives up what is not wanted any more and begins to open what is new. The group need not wait until tasks are restored,
  // but until those that it is told of as held are safe from former owners.
  async #take({ tasks: wanted, fence, standbys = [], warmUps = [] }: Assignment): Promise<void> {
    const { worker, commits, member, onTasks, onChange, onError } = this.#options;
    this.#opener.keep(new Set(wanted));
    const gone = this.#list.filter(({ id }) => !wanted.includes(id));
    if (gone.length > 0) {
      await commits.now();
      for (const task of gone) this.#release(task);
      this.#list = [...this.#attached.values()];
      onTasks();
      member().rejoin();
    }
    const known = new Set([...this.#attached.keys(), ...this.#opener.ids]);
    const copiable = (id: TaskId): boolean => this.#places.has(id) && !known.has(id) && !wanted.includes(id);
    this.#copies?.keep(standbys.filter(copiable), warmUps.filter(copiable));
    const added = [...this.#places.keys()].filter((id) => wanted.includes(id) && !known.has(id));
    if (added.length === 0 && fence.length === 0) {
      this.#taken(added);
      return;
    }
    onChange();
    Promise.all([this.#departed.fence(fence), this.#copies?.measure(added)]).then(() => {
      worker.mail(() => {
        this.#taken(added);
      });
    }, onError);
  }

  #taken(added: readonly TaskId[]): void {
    // Replayed time passes direct exchanges: then tasks are attached only when all exist.
    const together = this.#options.options.settings.exchange === 'direct';
    if (added.length > 0) this.#opener.open(together ? [added] : added.map((id) => [id]));
    this.#assigning?.();
    this.#assigning = undefined;
    this.#copies?.tell();
    this.#options.onChange();
  }

  #release(task: Task): void {
    task.close();
    this.#attached.delete(task.id);
    this.#options.changelog?.forget(task.id);
    this.#options.onReleased(task);
  }

  async #open(id: TaskId, signal: AbortSignal, onRestoring: (progress: RestoreProgress) => void): Promise<OpenedTask> {
    const { worker, options, changelog, transactor, member } = this.#options;
    const context = {
      worker,
      options,
      changelog,
      transactor: transactor(),
      entries: this.#entries,
      signal,
      onRestoring,
      member: () => member().id,
    };
    const { sub, partition } = this.#places.get(id)!;
    await this.#copies?.release(id);
    const task = await openTask(context, sub, partition);
    try {
      return { task, attach: await prepareTask(context, task) };
    } catch (error) {
      task.close();
      throw error;
    }
  }

  /** Tasks of whose state copies are worth it. */
  #copied(): ReadonlyMap<TaskId, ChangelogPlace> {
    const { log, plan, topics } = this.#options.options;
    const places = [...this.#places].flatMap(([id, { sub, partition }]) => {
      const topic = changelogTopic(plan.graph.job, sub.id);
      const info = topics.get(topic);
      if (log.storesRows || !sub.stateful || info === undefined) return [];
      return [[id, { topic, topicId: info.id, partition, deletionsKeptMs: info.deletionsKeptMs }] as const];
    });
    return new Map(places);
  }

  #attach(opened: readonly OpenedTask[]): void {
    for (const { task } of opened) this.#attached.set(task.id, task);
    this.#list = [...this.#attached.values()];
    for (const { attach } of opened) attach();
    this.#options.onTasks();
    this.#options.onChange();
  }
}

function allTasks({ plan, layout }: WorkerOptions): ReadonlyMap<TaskId, { sub: SubTopology; partition: number }> {
  const places = plan.subTopologies.flatMap((sub) =>
    Array.from(
      { length: layout.tasks.get(sub.id)! },
      (_, partition) => [taskId(sub.id, partition), { sub, partition }] as const,
    ),
  );
  return new Map(places);
}
