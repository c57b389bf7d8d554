/**
 * A worker: one thread's share of a job. It joins the group, opens the tasks it is given, feeds them, and commits them
 * together. It is the unit of commit and of rollback.
 *
 *   starting -> joining -> restoring <-> running -> stopped     restoring: some tasks are; those that are ready work
 *                  ^           |           |
 *                  '--- rollback (back-off is the caller's: `run` rejects, the job decides) --> failed
 *
 * The loop, one turn: mail (finished calls, group events, requests) -> commit when due -> due timers and other advancers
 * until none is left -> one slice of input -> let the event loop run when the turn took long -> sleep when there was
 * nothing to do. Nothing but the loop touches operators.
 */
import { StreamError } from '../core/stream-error.ts';
import type { DurationHistogram } from '../observability/duration-histogram.ts';
import { Cursor } from '../operators/cursor.ts';
import type { Advancer, DeadLetter, TopicWriter } from '../operators/host.ts';
import { AdvanceQueue } from './advance-queue.ts';
import { changelogOf } from './changelog.ts';
import { Committer } from './committer.ts';
import { deadLetterCodec, deadLetterRecord } from './dead-letters.ts';
import { Feeder } from './feeder.ts';
import { OutputBuffers } from './output-buffers.ts';
import { Purge } from './purge.ts';
import type { RestoreProgress } from './restore-changelog.ts';
import type { Task, TaskId, TaskWorker } from './task.ts';
import { WakeUp } from './wake-up.ts';
import { WorkerCommits } from './worker-commits.ts';
import { WorkerMembership } from './worker-membership.ts';
import type { WorkerOptions, WorkerPhase } from './worker-options.ts';
import { WorkerPorts } from './worker-ports.ts';
import { WorkerStops } from './worker-stops.ts';
import { WorkerTasks } from './worker-tasks.ts';

export class Worker implements TaskWorker {
  readonly cursor = new Cursor();
  readonly clock;
  readonly job: string;
  phase: WorkerPhase = 'starting';
  deadLetters = 0;
  /** Monotonic time of the loop's last turn, ms. A sleeping loop turns at least every `heartbeatMs`. */
  lastTurn: number | undefined;
  readonly #options: WorkerOptions;
  readonly #advancers = new AdvanceQueue();
  readonly #mailbox: (() => void)[] = [];
  readonly #wake = new WakeUp();
  readonly #outputs: OutputBuffers;
  readonly #commits: WorkerCommits;
  readonly #feeder: Feeder;
  readonly #tasks: WorkerTasks;
  readonly #ports: WorkerPorts;
  readonly #stops: WorkerStops;
  readonly #failed = new AbortController();
  readonly #membership = new WorkerMembership(
    () => this.#ports.member,
    () => {
      this.#rethrow();
    },
  );

  constructor(options: WorkerOptions) {
    const { plan, log, clock, topics } = options;
    this.#options = options;
    this.clock = clock;
    this.job = plan.graph.job;
    this.#outputs = new OutputBuffers(this.cursor, log);
    const changelog = changelogOf(options);
    this.#feeder = new Feeder(clock, options.settings.bounded);
    const { commitIntervalMs, commitLingerMs, stateBytes } = options.settings;
    this.#commits = new WorkerCommits({
      job: this.job,
      clock,
      timing: { intervalMs: commitIntervalMs, lingerMs: commitLingerMs },
      stateBytes,
      committer: new Committer({
        job: this.job,
        fingerprint: plan.fingerprint,
        log,
        clock,
        outputs: this.#outputs,
        changelogOutputs: new OutputBuffers(this.cursor, log),
        changelog,
        changelogPartitions: (topic) => topics.get(topic)?.partitions,
      }),
      outputs: this.#outputs,
      purge: log.storesRows
        ? undefined
        : new Purge(log.topics, clock, (message) => {
            options.listener.onWarning(message);
          }),
      transactor: () => this.#ports.transactor,
      membership: this.#membership,
      tasks: () => this.tasks,
      internalPositions: () => this.#feeder.internalPositions(),
      onCommit: (durationMs, pauseMs) => {
        options.listener.onCommit(durationMs, pauseMs);
        this.#wake.signal();
      },
      onError: (error) => {
        this.#fail(error);
      },
      check: () => {
        this.#rethrow();
      },
    });
    this.#tasks = new WorkerTasks({
      worker: this,
      options,
      changelog,
      transactor: () => this.#ports.transactor,
      member: () => this.#ports.member,
      commits: this.#commits,
      onReleased: (task) => {
        this.#advancers.drop(task);
      },
      onTasks: () => {
        this.#useTasks();
      },
      onChange: () => {
        this.#setPhase(this.#tasks.opening ? 'restoring' : 'running');
      },
      onError: (error) => {
        this.#fail(error);
      },
    });
    this.#ports = new WorkerPorts({
      worker: options,
      assignor: this.#tasks.assignor,
      metadata: () => this.#tasks.metadata(),
      onAssigned: (bytes, generation) => this.#onAssigned(bytes, generation),
      inputs: () => this.#feeder.inputs,
      sourcesPaused: () => this.#stops.sourcesPaused,
      onArrival: () => {
        this.#feeder.arrived();
        this.#wake.signal();
      },
      mail: (work) => {
        this.mail(work);
      },
      onError: (error) => {
        this.#fail(error);
      },
    });
    this.#stops = new WorkerStops({
      worker: options,
      feeder: this.#feeder,
      commits: this.#commits,
      tasks: this.#tasks,
      ports: this.#ports,
      advancing: () => this.advancing,
      wake: () => {
        this.#wake.signal();
      },
      onError: (error) => {
        this.#fail(error);
      },
    });
  }

  get tasks(): readonly Task[] {
    return this.#tasks.attached;
  }

  /** How far tasks are restored that are being opened. */
  get restoring(): RestoreProgress {
    return this.#tasks.restoring;
  }

  /** How many records the copies are behind that are kept here of the state of others' tasks. */
  get standbys(): ReadonlyMap<TaskId, number | undefined> {
    return this.#tasks.standbys;
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
    const { plan, layout } = this.#options;
    if (plan.deadLetterTopic === undefined) throw letter.error;
    const record = deadLetterRecord(letter, task, layout);
    const writer = this.writer(plan.deadLetterTopic);
    writer.write(task.partition % writer.partitions, null, record, deadLetterCodec, record.failedAt);
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
      throw await this.#ports.confirm(error);
    } finally {
      await this.#shutDown();
    }
  }

  /** Stops reading sources, finishes what is in flight, commits, ends. */
  drain(): void {
    this.#stops.end('drain');
  }

  /** Commits what is complete and ends; calls in flight stay in their log. */
  close(): void {
    this.#stops.end('close');
  }

  /** Ends at once, without a commit: `run` rejects with `reason`. */
  abort(reason: unknown): void {
    this.#fail(reason);
  }

  /** Runs `work` between two slices, after a commit with nothing uncommitted and sources paused; then goes on. */
  quiesce<T>(work: () => Promise<T>): Promise<T> {
    return this.#stops.request(work);
  }

  /** Holds back sources (true) while everything behind them goes on; for a cut of several workers at once. */
  holdSources(held: boolean): void {
    this.mail(() => {
      this.#stops.holdSources(held);
    });
  }

  /** True when everything that was read has been processed and committed. */
  get quiet(): boolean {
    return (
      !this.#tasks.opening && this.#commits.clean && !this.#commits.running && !this.advancing && !this.#feeder.busy()
    );
  }

  #fail(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : StreamError.from(thrown, 'WORKER_FAILED', { job: this.job });
    this.#failed.abort(error); // the first one counts
    this.#membership.wake();
    this.#wake.signal();
  }

  #setPhase(phase: WorkerPhase): void {
    if (this.phase === phase) return;
    this.phase = phase;
    this.#options.listener.onChange();
  }

  // --- start and stop

  async #start(): Promise<void> {
    await this.#ports.open(this.#failed.signal);
    this.#setPhase('joining');
    await this.#ports.join();
  }

  #onAssigned(bytes: Uint8Array, generation: number): Promise<void> {
    this.#membership.wake();
    const taken = this.#tasks.assign(bytes, generation);
    this.#wake.signal();
    return taken;
  }

  async #shutDown(): Promise<void> {
    this.#stops.rejectRequests(new StreamError('NOT_RUNNING', 'the worker has stopped', { job: this.job }));
    await this.#tasks.stop();
    await this.#commits.settled();
    this.#stops.close();
    this.#tasks.close();
    this.#feeder.setTasks([]);
    await this.#ports.close();
  }

  // --- the loop

  async #loop(): Promise<void> {
    let turnStart = this.clock.monotonic();
    for (;;) {
      this.#wake.reset();
      this.lastTurn = this.clock.monotonic();
      this.#rethrow();
      for (const work of this.#mailbox.splice(0)) work();
      if (this.#tasks.assigned) {
        await this.#tasks.takeAssignment();
        continue;
      }
      this.#commits.beginWhenDue();
      this.#feeder.wakeTimers();
      if (await this.#advanceAll()) continue;
      const fed = this.#mayFeed() && this.#feeder.step();
      if (this.#feeder.timeMoved() || fed) this.#commits.changed();
      if (fed && this.#feeder.roomMade()) this.#ports.intake.poll();
      if (this.#stops.mayStop(fed)) {
        const stopped = await this.#stops.stop(fed);
        if (stopped === 'again') continue;
        if (stopped === 'ended') return;
      }
      const idle = !fed && !this.advancing;
      if (!idle && this.clock.monotonic() - turnStart < maxTurnMs) continue;
      this.#feeder.leaveOperators();
      await (idle ? this.#sleep() : this.clock.yield());
      turnStart = this.clock.monotonic();
    }
  }

  #rethrow(): void {
    this.#failed.signal.throwIfAborted();
  }

  /** Advances until nothing is left or the turn has been long; true: there is more. */
  async #advanceAll(): Promise<boolean> {
    if (!this.advancing) return false;
    const start = this.clock.monotonic();
    while (this.advancing) {
      const loading = this.#advancers.step();
      this.#commits.changed();
      if (loading !== undefined) {
        this.#feeder.leaveOperators();
        await loading;
      }
      if (this.#commits.full) await this.#commits.now();
      if (this.clock.monotonic() - start > maxTurnMs) {
        this.#feeder.leaveOperators();
        await this.clock.yield();
        return this.advancing;
      }
    }
    return false;
  }

  #mayFeed(): boolean {
    return !(this.#commits.full && this.#commits.running);
  }

  async #sleep(): Promise<void> {
    const now = this.clock.now();
    const until = Math.min(this.#commits.nextDue, this.#feeder.nextWake(), now + heartbeatMs);
    const timer = this.clock.schedule(Math.max(0, until - now), () => {
      this.#wake.signal();
    });
    this.#ports.intake.poll();
    await this.#wake.wait();
    timer.cancel();
  }

  // --- tasks

  #useTasks(): void {
    this.#feeder.setTasks(this.tasks);
    this.#stops.useInputs();
  }
}

/** Longest sleep: the turn after it tells that the loop is alive. */
const heartbeatMs = 5_000;

/** Longest time without letting timers, heartbeats and I/O run. */
const maxTurnMs = 20;
