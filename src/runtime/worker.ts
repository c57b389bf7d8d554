/**
 * A worker: one thread's share of a job. It joins the group, opens the tasks it is given, feeds them, and commits them
 * together. It is the unit of commit and of rollback.
 *
 *   starting -> joining -> restoring -> running -> stopped
 *                  ^           |           |
 *                  '--- rollback (back-off is the caller's: `run` rejects, the job decides) --> failed
 *
 * The loop, one turn: mail (finished calls, group events, requests) -> commit when due -> due timers and other advancers
 * until none is left -> one slice of input -> let the event loop run when the turn took long -> sleep when there was
 * nothing to do. Nothing but the loop touches operators.
 */
import type { GroupMember, Transactor } from '../core/log.ts';
import { StreamError } from '../core/stream-error.ts';
import type { DurationHistogram } from '../observability/duration-histogram.ts';
import type { NodeId } from '../graph/nodes.ts';
import { Cursor } from '../operators/cursor.ts';
import type { ExchangeEntry } from '../operators/exchange.ts';
import type { Advancer, DeadLetter, TopicWriter } from '../operators/host.ts';
import { AdvanceQueue } from './advance-queue.ts';
import { decodeAssignment, encodeMetadata, taskAssignor, type Assignment } from './assignment.ts';
import { Changelog } from './changelog.ts';
import { Committer, type Membership } from './committer.ts';
import { deadLetterCodec, deadLetterRecord } from './dead-letters.ts';
import { Feeder } from './feeder.ts';
import { Intake } from './intake.ts';
import { attachTask, openTask, type OpenContext } from './open-task.ts';
import { OutputBuffers } from './output-buffers.ts';
import { Ownership } from './ownership.ts';
import { Purge } from './purge.ts';
import { taskId, type Task, type TaskId, type TaskWorker } from './task.ts';
import { WakeUp } from './wake-up.ts';
import type { WorkerOptions, WorkerPhase } from './worker-options.ts';

/** How the worker is to end. */
type Ending = 'drain' | 'close';

export class Worker implements TaskWorker {
  readonly cursor = new Cursor();
  readonly clock;
  readonly job: string;
  phase: WorkerPhase = 'starting';
  deadLetters = 0;
  /** Monotonic time of the loop's last turn, ms. A sleeping loop turns at least every `heartbeatMs`. */
  lastTurn: number | undefined;
  /** Records left to restore; 0: none. */
  restoring = 0;
  readonly #options: WorkerOptions;
  readonly #advancers = new AdvanceQueue();
  readonly #mailbox: (() => void)[] = [];
  readonly #wake = new WakeUp();
  readonly #outputs: OutputBuffers;
  readonly #changelogOutputs: OutputBuffers;
  readonly #changelog: Changelog | undefined;
  readonly #committer: Committer;
  readonly #ownership: Ownership;
  /** Undefined: the log keeps internal topics too, a savepoint goes back to positions in them. */
  readonly #purge: Purge | undefined;
  readonly #feeder: Feeder;
  readonly #entries = new Map<NodeId, ExchangeEntry[]>();
  readonly #tasks = new Map<TaskId, Task>();
  readonly #abort = new AbortController();
  readonly #requests: Request[] = [];
  #intake!: Intake;
  #transactor!: Transactor;
  #member!: GroupMember;
  #ending: Ending | undefined;
  #failure: Error | undefined;
  #committing: Promise<void> | undefined;
  #uncommittedSince: number | undefined;
  #outputSince: number | undefined;
  /** Commits that wait for the next generation. */
  readonly #generationWaiters: (() => void)[] = [];
  #assignments: { readonly assignment: Assignment; readonly generation: number; readonly done: () => void }[] = [];
  #sourcesPaused = false;
  #sourcesHeld = false;

  constructor(options: WorkerOptions) {
    const { plan, log, store, clock, topics } = options;
    this.#options = options;
    this.clock = clock;
    this.job = plan.graph.job;
    this.#outputs = new OutputBuffers(this.cursor);
    this.#changelogOutputs = new OutputBuffers(this.cursor);
    if (!log.storesRows) {
      if (store === undefined) throw new StreamError('UNSUPPORTED', `state on a ${log.kind} log needs a store`);
      this.#changelog = new Changelog(log, store, this.job);
    }
    this.#committer = new Committer({
      job: this.job,
      fingerprint: plan.fingerprint,
      log,
      clock,
      outputs: this.#outputs,
      changelogOutputs: this.#changelogOutputs,
      changelog: this.#changelog,
      changelogPartitions: (topic) => topics.get(topic)?.partitions,
    });
    this.#feeder = new Feeder(clock);
    if (!log.storesRows) {
      this.#purge = new Purge(log.topics, clock, (message) => {
        options.listener.onWarning(message);
      });
    }
    this.#ownership = new Ownership({
      log,
      job: this.job,
      store: log.storesRows ? undefined : store,
      transactionTimeoutMs: options.settings.transactionTimeoutMs,
    });
  }

  get tasks(): readonly Task[] {
    return [...this.#tasks.values()];
  }

  /** Records read from the inputs. */
  get recordsIn(): number {
    return this.#feeder.records;
  }

  /** Time per slice of input. */
  get processDuration(): DurationHistogram {
    return this.#feeder.duration;
  }

  /** Time in which input was there but held back, ms. */
  get heldBackMs(): number {
    return this.#feeder.heldBackMs;
  }

  get recordsOut(): number {
    return this.#outputs.total;
  }

  // --- what tasks call

  get advancing(): boolean {
    return this.#advancers.active;
  }

  schedule(advancer: Advancer, task: Task): void {
    this.#advancers.schedule(advancer, task);
    this.#wake.signal();
  }

  mail(work: () => void): void {
    this.#mailbox.push(work);
    this.#wake.signal();
  }

  writer(topic: string): TopicWriter {
    const { plan, topics } = this.#options;
    const internal = !plan.outputTopics.some(({ name }) => name === topic);
    return this.#outputs.writer(topic, topics.get(topic)!.partitions, internal);
  }

  deadLetter(task: Task, letter: DeadLetter): void {
    const topic = this.#options.plan.deadLetterTopic;
    if (topic === undefined) throw letter.error;
    const place = {
      job: this.job,
      task: task.id,
      subTopology: task.subTopology.id,
      taskPartition: task.partition,
      failedAt: this.clock.now(),
    };
    const record = deadLetterRecord(letter, this.cursor, place);
    const writer = this.writer(topic);
    writer.write(task.partition % writer.partitions, null, record, deadLetterCodec, place.failedAt);
    this.deadLetters++;
  }

  // --- what the job calls

  /** Runs until the input ends, `drain` or `close` has been carried out, or an error ends this run of the worker. */
  async run(): Promise<void> {
    try {
      await this.#start();
      await this.#loop();
      this.#setPhase('stopped');
    } catch (error) {
      this.#setPhase('failed');
      throw error;
    } finally {
      await this.#shutDown();
    }
  }

  /** Stops reading sources, finishes what is in flight, commits, ends. */
  drain(): void {
    this.#end('drain');
  }

  /** Commits what is complete and ends; calls in flight stay in their log. */
  close(): void {
    this.#end('close');
  }

  /** Ends at once, without a commit: `run` rejects with `reason`. */
  abort(reason: unknown): void {
    this.#fail(reason);
  }

  /** Runs `work` between two slices, after a commit with nothing uncommitted and sources paused; then goes on. */
  quiesce<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#requests.push({
        run: async () => {
          try {
            resolve(await work());
          } catch (error) {
            reject(StreamError.from(error, 'WORKER_FAILED'));
          }
        },
        reject,
      });
      this.#wake.signal();
    });
  }

  /** Holds back sources (true) while everything behind them goes on; for a cut of several workers at once. */
  holdSources(held: boolean): void {
    this.mail(() => {
      this.#sourcesHeld = held;
      this.#pauseSources(held);
    });
  }

  /** True when everything that was read has been processed and committed. */
  get quiet(): boolean {
    return (
      this.#uncommittedSince === undefined && this.#committing === undefined && !this.advancing && !this.#feeder.busy()
    );
  }

  #end(ending: Ending): void {
    this.#ending = ending;
    this.#wake.signal();
  }

  #fail(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : StreamError.from(thrown, 'WORKER_FAILED', { job: this.job });
    this.#failure ??= error;
    this.#abort.abort(error);
    for (const resolve of this.#generationWaiters.splice(0)) resolve();
    this.#wake.signal();
  }

  #setPhase(phase: WorkerPhase): void {
    if (this.phase === phase) return;
    this.phase = phase;
    this.#options.listener.onChange();
  }

  // --- start and stop

  async #start(): Promise<void> {
    const { log, settings } = this.#options;
    this.#transactor = await log.transactor(settings.transactionalId, settings.transactionTimeoutMs);
    this.#intake = new Intake({
      reader: log.reader(),
      bufferBytes: settings.inputBytes,
      maxWaitMs: 500,
      now: () => this.clock.now(),
      onArrival: () => {
        this.#feeder.arrived();
        this.#wake.signal();
      },
      onError: (error) => {
        this.#fail(error);
      },
    });
    this.#setPhase('joining');
    const all = this.#allTasks();
    this.#member = await log.join({
      group: settings.group,
      ...settings.member,
      sessionTimeoutMs: settings.sessionTimeoutMs,
      assignor: taskAssignor(all, settings.exchange === 'direct'),
      listener: {
        metadata: () =>
          encodeMetadata({
            topology: this.#options.plan.fingerprint,
            id: settings.transactionalId,
            held: [...this.#tasks.keys()],
            table: this.#ownership.table,
          }),
        onAssigned: (bytes, generation) => this.#onAssigned(bytes, generation),
        onLost: () => {
          this.#fail(
            new StreamError('FENCED', 'the group expelled this worker', { job: this.job, reaction: 'rollback' }),
          );
        },
        onError: (error) => {
          this.#fail(error);
        },
      },
    });
  }

  get #membership(): Membership {
    const member = this.#member;
    return {
      get id() {
        return member.id;
      },
      newer: async (generation) => {
        while (member.id.generation <= generation) {
          this.#rethrow();
          await new Promise<void>((resolve) => {
            this.#generationWaiters.push(resolve);
          });
        }
      },
    };
  }

  #allTasks(): readonly TaskId[] {
    const { plan, layout } = this.#options;
    return plan.subTopologies.flatMap((sub) =>
      Array.from({ length: layout.tasks.get(sub.id)! }, (_, partition) => taskId(sub.id, partition)),
    );
  }

  #onAssigned(bytes: Uint8Array, generation: number): Promise<void> {
    for (const resolve of this.#generationWaiters.splice(0)) resolve();
    const assignment = decodeAssignment(bytes);
    const { refused } = assignment;
    if (refused !== undefined) {
      this.#fail(new StreamError('FENCED', refused, { job: this.job, remedy: 'Stop the other worker first.' }));
      return Promise.resolve();
    }
    return new Promise((done) => {
      this.#assignments.push({ assignment, generation, done });
      this.#wake.signal();
    });
  }

  async #shutDown(): Promise<void> {
    for (const request of this.#requests.splice(0)) {
      request.reject(new StreamError('NOT_RUNNING', 'the worker has stopped', { job: this.job }));
    }
    for (const assignment of this.#assignments.splice(0)) assignment.done();
    await this.#committing?.catch(() => undefined); // its failure is what ended the worker, or follows from it
    for (const task of this.#tasks.values()) task.close();
    this.#tasks.clear();
    this.#feeder.setTasks([]);
    const steps = [
      () => (this.#intake as Intake | undefined)?.close(),
      () => (this.#member as GroupMember | undefined)?.leave(),
      () => (this.#transactor as Transactor | undefined)?.close(),
    ];
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        // The worker is ending for a reason of its own, or has committed everything: report and go on closing.
        this.#options.listener.onWarning(`while closing: ${String(error)}`);
      }
    }
  }

  // --- the loop

  async #loop(): Promise<void> {
    let turnStart = this.clock.monotonic();
    for (;;) {
      this.#wake.reset();
      this.lastTurn = this.clock.monotonic();
      this.#rethrow();
      for (const work of this.#mailbox.splice(0)) work();
      const next = this.#assignments.shift();
      if (next !== undefined) {
        await this.#ownership.remember({ generation: next.generation, owners: next.assignment.owners });
        await this.#assign(next.assignment);
        next.done();
        continue;
      }
      if (this.#commitDue()) this.#commitSoon();
      this.#feeder.wakeTimers();
      if (await this.#advanceAll()) continue;
      const fed = this.#mayFeed() && this.#feeder.step();
      if (this.#feeder.timeMoved() || fed) this.#noteProgress();
      if (fed && this.#feeder.roomMade()) this.#intake.poll();
      if (this.#requests.length > 0 && (await this.#tryServe(fed))) continue;
      if (this.#ending !== undefined && (await this.#tryEnd(fed))) return;
      if (!fed && this.#options.settings.bounded && this.#ending === undefined) {
        if (this.#feeder.finishSources()) continue;
        if (!this.advancing && this.#feeder.ended()) {
          this.#ending = 'drain';
          continue;
        }
      }
      if (!fed && !this.advancing) await this.#sleep();
      else if (this.clock.monotonic() - turnStart < maxTurnMs) continue;
      else await this.clock.yield();
      turnStart = this.clock.monotonic();
    }
  }

  #rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Advances until nothing is left or the turn has been long; true: there is more. */
  async #advanceAll(): Promise<boolean> {
    if (!this.advancing) return false;
    const start = this.clock.monotonic();
    while (this.advancing) {
      const loading = this.#advancers.step();
      this.#noteProgress();
      if (loading !== undefined) await loading;
      if (this.#memoryFull()) await this.#commitNow();
      if (this.clock.monotonic() - start > maxTurnMs) {
        await this.clock.yield();
        return this.advancing;
      }
    }
    return false;
  }

  #mayFeed(): boolean {
    return !(this.#memoryFull() && this.#committing !== undefined);
  }

  // Uncommitted work exists from now on.
  #noteProgress(): void {
    const now = this.clock.now();
    this.#uncommittedSince ??= now;
    if (this.#outputs.count > 0) this.#outputSince ??= now;
  }

  #memoryFull(): boolean {
    let dirty = this.#outputs.byteLength;
    for (const task of this.#tasks.values()) dirty += task.state.dirtyBytes;
    return dirty > this.#options.settings.stateBytes / 2;
  }

  #commitDue(): boolean {
    if (this.#committing !== undefined || this.#uncommittedSince === undefined) return false;
    return this.clock.now() >= this.#commitTime() || this.#memoryFull();
  }

  #commitTime(): number {
    const { commitIntervalMs, commitLingerMs } = this.#options.settings;
    const byInterval = (this.#uncommittedSince ?? Infinity) + commitIntervalMs;
    return this.#outputSince === undefined ? byInterval : Math.min(byInterval, this.#outputSince + commitLingerMs);
  }

  // Begins a commit that runs beside the next epoch.
  #commitSoon(): void {
    const start = this.clock.monotonic();
    this.#uncommittedSince = undefined;
    this.#outputSince = undefined;
    const purgeable = this.#purge?.due === true ? this.#feeder.internalPositions() : [];
    const written = this.#committer.commit(this.#transactor, this.#membership, this.tasks);
    const pauseMs = this.clock.monotonic() - start;
    this.#committing = written.then(
      () => {
        this.#committing = undefined;
        this.#options.listener.onCommit(this.clock.monotonic() - start, pauseMs);
        if (purgeable.length > 0) void this.#purge?.run(purgeable);
        this.#shrink();
        this.#wake.signal();
      },
      (error: unknown) => {
        this.#fail(StreamError.from(error, 'COMMIT_FAILED', { job: this.job, reaction: 'rollback' }));
      },
    );
  }

  /** Everything up to now is committed when this resolves. */
  async #commitNow(): Promise<void> {
    await this.#committing;
    this.#rethrow();
    if (this.#uncommittedSince === undefined && this.#outputs.count === 0) return;
    this.#commitSoon();
    await this.#committing;
    this.#rethrow();
  }

  #shrink(): void {
    const { stateBytes } = this.#options.settings;
    const each = stateBytes / Math.max(1, this.#tasks.size);
    for (const task of this.#tasks.values()) if (task.state.cachedBytes > each) task.state.shrink(each);
  }

  async #sleep(): Promise<void> {
    const now = this.clock.now();
    const commit =
      this.#committing === undefined && this.#uncommittedSince !== undefined ? this.#commitTime() : Infinity;
    const until = Math.min(commit, this.#feeder.nextWake(), now + heartbeatMs);
    const timer = this.clock.schedule(Math.max(0, until - now), () => {
      this.#wake.signal();
    });
    this.#intake.poll();
    await this.#wake.wait();
    timer.cancel();
  }

  // --- ending

  async #tryEnd(fed: boolean): Promise<boolean> {
    if (this.#ending === 'close') {
      await this.#commitNow();
      return true;
    }
    this.#pauseSources(true);
    if (fed || this.advancing || !this.#feeder.drained()) return false;
    await this.#commitNow();
    // Log exchanges: what the commit made visible must come back in and be processed.
    return this.#feeder.drained() && (await this.#exchangesEmpty());
  }

  async #exchangesEmpty(): Promise<boolean> {
    const inputs = this.#feeder.exchangeInputs();
    if (inputs.length === 0) return true;
    const places = inputs.map(({ topic, partition }) => ({ topic, partition }));
    const bounds = await this.#options.log.topics.bounds(places);
    return inputs.every((input, i) => input.position >= bounds[i]!.end);
  }

  #pauseSources(paused: boolean): void {
    if (this.#sourcesPaused === paused) return;
    this.#sourcesPaused = paused;
    this.#feeder.pauseSources(paused);
    for (const input of this.#feeder.sourceInputs()) this.#intake.setPaused(input, paused);
  }

  // Serves requests once the worker stands still: sources paused, exchanges empty, everything committed.
  async #tryServe(fed: boolean): Promise<boolean> {
    this.#pauseSources(true);
    if (fed || this.advancing || this.#feeder.busy()) return false;
    await this.#commitNow();
    if (!(await this.#exchangesEmpty())) return false;
    for (const request of this.#requests.splice(0)) await request.run();
    this.#pauseSources(this.#sourcesHeld || this.#ending === 'drain');
    return true;
  }

  // --- tasks

  async #assign({ tasks: wanted, fence }: Assignment): Promise<void> {
    const gone = [...this.#tasks.keys()].filter((id) => !wanted.includes(id));
    if (gone.length > 0) {
      await this.#commitNow();
      for (const id of gone) this.#release(id);
      this.#useTasks();
      this.#member.rejoin();
    }
    const added = wanted.filter((id) => !this.#tasks.has(id));
    if (added.length > 0) {
      await this.#ownership.fence(fence);
      await this.#add(added);
    }
    this.#useTasks();
    this.#setPhase('running');
  }

  #release(id: TaskId): void {
    const task = this.#tasks.get(id);
    if (task === undefined) return;
    task.close();
    this.#advancers.drop(task);
    this.#tasks.delete(id);
    this.#changelog?.forget(id);
  }

  async #add(ids: readonly TaskId[]): Promise<void> {
    const { plan, layout } = this.#options;
    this.#setPhase('restoring');
    const context: OpenContext = {
      worker: this,
      options: this.#options,
      transactor: this.#transactor,
      changelog: this.#changelog,
      entries: this.#entries,
      signal: this.#abort.signal,
      member: this.#member.id,
      onRestoring: (remaining) => {
        this.restoring = remaining;
      },
    };
    const opened: Task[] = [];
    for (const sub of plan.subTopologies) {
      for (let partition = 0; partition < layout.tasks.get(sub.id)!; partition++) {
        if (!ids.includes(taskId(sub.id, partition))) continue;
        const task = await openTask(context, sub, partition);
        this.#tasks.set(task.id, task);
        opened.push(task);
      }
    }
    // Attached only when all exist: replaying time goes through direct exchanges into other tasks.
    for (const task of opened) await attachTask(context, task);
    this.restoring = 0;
  }

  #useTasks(): void {
    this.#feeder.setTasks(this.tasks);
    this.#feeder.pauseSources(this.#sourcesPaused);
    this.#intake.setInputs(this.#feeder.inputs);
    if (this.#sourcesPaused) for (const input of this.#feeder.sourceInputs()) this.#intake.setPaused(input, true);
  }
}

interface Request {
  readonly run: () => Promise<void>;
  readonly reject: (error: Error) => void;
}

/** Longest sleep: the turn after it tells that the loop is alive. */
const heartbeatMs = 5_000;

/** Longest time without letting timers, heartbeats and I/O run. */
const maxTurnMs = 20;
