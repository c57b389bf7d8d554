/**
 * A topology in a test: the same runtime as in production, on a log in memory, under a clock that the test moves. No
 * sleeping: every call returns when the job has done all it can do without more input or time, and has committed it.
 */
import { topic } from '../core/topic.ts';
import type { Key } from '../core/partitioner.ts';
import { keyText, partitionOf } from '../core/partitioner.ts';
import { StreamError } from '../core/stream-error.ts';
import { MemoryLog } from '../connectors/memory-log.ts';
import type { Topology } from '../dsl/define-topology.ts';
import type { JobHandle, JobStatus } from '../job/options.ts';
import { run } from '../job/run.ts';
import { layout } from '../plan/layout.ts';
import { makePlan } from '../plan/make-plan.ts';
import type { Plan } from '../plan/plan.ts';
import { deadLetterCodec, type DeadLetterRecord } from '../runtime/dead-letters.ts';
import { levelState } from '../state/leveldb/level-state.ts';
import { MemoryStore } from '../state/memory/memory-store.ts';
import type { StateBackend } from '../state/backend.ts';
import { DriverInput } from './driver/driver-input.ts';
import { DriverOutput } from './driver/driver-output.ts';
import { ObservedLog } from './driver/observed-log.ts';
import { ManualClock } from './manual-clock.ts';
import { seededRandom } from './simulation/seeded-random.ts';

export interface DriverOptions<C> {
  readonly config?: Partial<C>;
  /** Partitions of topics that do not say how many they want. Default 1. */
  readonly partitions?: number;
  /** Workers that share the tasks. Default 1. */
  readonly workers?: number;
  /** Default: `direct` with one worker, else `log`. */
  readonly exchange?: 'direct' | 'log';
  /** Wall time at the start. Default: the beginning of 2026, UTC. */
  readonly start?: number | string;
}

type AnyConfig = Readonly<Record<string, unknown>>;

export class TopologyDriver {
  readonly clock: ManualClock;
  readonly #topology: Topology<AnyConfig>;
  readonly #options: DriverOptions<AnyConfig>;
  readonly #plan: Plan;
  readonly #store = new MemoryStore();
  readonly #log: ObservedLog;
  readonly #inputs = new Map<string, DriverInput<unknown>>();
  readonly #outputs = new Map<string, DriverOutput<unknown>>();
  readonly #deadLetters: DriverOutput<DeadLetterRecord> | undefined;
  #jobs: { readonly handle: JobHandle; readonly crash: AbortController }[] = [];
  #view: StateBackend | undefined;
  #failure: Error | undefined;

  private constructor(topology: Topology<AnyConfig>, options: DriverOptions<AnyConfig>) {
    const { start } = options;
    this.#topology = topology;
    this.#options = options;
    this.clock = new ManualClock(typeof start === 'string' ? Date.parse(start) : start, () => this.settle());
    this.#log = new ObservedLog(new MemoryLog({ clock: this.clock, store: this.#store }));
    this.#plan = makePlan(topology.build(options.config));
    const context = { log: this.#log, clock: this.clock, settle: () => this.settle() };
    for (const node of this.#plan.graph.nodes.values()) {
      if (node.kind === 'source') this.#inputs.set(node.id, new DriverInput(node.topic, context));
      else if (node.kind === 'sink') this.#outputs.set(node.id, new DriverOutput(node.topic, this.#log));
    }
    const { deadLetterTopic } = this.#plan;
    if (deadLetterTopic !== undefined) {
      this.#deadLetters = new DriverOutput(topic(deadLetterTopic, deadLetterCodec), this.#log);
    }
  }

  /** Starts the job and waits until it is ready. Fails as `run` does. */
  static async open<C>(topology: Topology<C>, options: DriverOptions<C> = {}): Promise<TopologyDriver> {
    const driver = new TopologyDriver(topology as unknown as Topology<AnyConfig>, options);
    await driver.#start();
    return driver;
  }

  /** A source, by its id. `T`: the type of its records. */
  input<T>(id: string): DriverInput<T> {
    return this.#named(this.#inputs, id, 'source') as unknown as DriverInput<T>;
  }

  /** The committed records of a sink, by its id. */
  output<T>(id: string): DriverOutput<T> {
    return this.#named(this.#outputs, id, 'sink') as DriverOutput<T>;
  }

  /** What could not be processed, and why. */
  deadLetters(): readonly DeadLetterRecord[] {
    return this.#deadLetters?.values() ?? [];
  }

  get status(): JobStatus {
    return this.#jobs[0]!.handle.status;
  }

  /** Committed state of an operator under a key: its handles by name, for reading. Valid until the next call. */
  async state<H>(operator: string, key: Key): Promise<H> {
    const { subTopologies, graph } = this.#plan;
    const node = graph.nodes.get(operator);
    const sub = subTopologies.find(({ nodes }) => nodes.includes(operator));
    if (node === undefined || sub === undefined || !('state' in node))
      throw this.#unknown('stateful operator', operator);
    const { tasks } = layout(this.#plan, () => undefined, this.#options.partitions ?? 1);
    await this.#view?.close();
    this.#view = levelState(this.#store);
    const address = { job: graph.job, subTopology: sub.id, partition: partitionOf(keyText(key), tasks.get(sub.id)!) };
    const task = this.#view.openTask(address, {
      processingTime: () => this.clock.now(),
      eventTime: () => -Infinity,
    });
    const state = task.operator(operator, node.state);
    await task.load();
    state.setKey(key);
    return state.handles as H;
  }

  /** Waits until the job stands still; fails with what made it fail. All other methods do this themselves. */
  async settle(): Promise<void> {
    await this.#log.settled();
    if (this.#failure !== undefined) throw this.#failure;
    for (const output of this.#outputs.values()) await output.read();
    await this.#deadLetters?.read();
  }

  /** Ends the job and starts it again on what it committed. `crash`: without a chance to commit what it has in hand. */
  async restart(options: { readonly crash?: boolean } = {}): Promise<void> {
    await this.#stop(options.crash ?? false);
    await this.#start();
  }

  /** Ends the job; fails when it left a timer behind. Idempotent. */
  async close(): Promise<void> {
    if (this.#jobs.length === 0) return;
    await this.#stop(false);
    await this.#view?.close();
    for (const output of this.#outputs.values()) await output.close();
    await this.#deadLetters?.close();
    await this.#log.close();
    if (this.clock.pending > 0) {
      throw new StreamError('TEST_LEAK', `${this.clock.pending} timers are left after the job has ended`, {
        job: this.#topology.name,
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #named<T>(of: ReadonlyMap<string, T>, id: string, kind: string): T {
    const found = of.get(id);
    if (found !== undefined) return found;
    throw this.#unknown(kind, id, [...of.keys()]);
  }

  #unknown(kind: string, id: string, known: readonly string[] = []): StreamError {
    return new StreamError('CONFIG_INVALID', `the topology has no ${kind} '${id}'`, {
      job: this.#topology.name,
      ...(known.length === 0 ? {} : { remedy: `There is ${known.join(', ')}.` }),
    });
  }

  async #start(): Promise<void> {
    const { workers = 1, partitions = 1, config, exchange = workers === 1 ? 'direct' : 'log' } = this.#options;
    const close = (): Promise<void> => Promise.resolve();
    for (let instance = 0; instance < workers; instance++) {
      const crash = new AbortController();
      const backend = levelState(this.#store, { frozen: true });
      const handle = await run(this.#topology, {
        ...(config === undefined ? {} : { config }),
        log: { kind: 'memory', open: async () => ({ log: this.#log, store: this.#store, close }) },
        state: { kind: 'leveldb', open: async () => ({ backend, store: this.#store, close: () => backend.close() }) },
        partitions,
        exchange,
        instance: String(instance),
        commit: { linger: 0, interval: 0 },
        restart: { attempts: 0 },
        signal: crash.signal,
        clock: this.clock,
        random: seededRandom(instance),
      });
      handle.finished.catch((error: unknown) => {
        if (!crash.signal.aborted) this.#failure ??= rootOf(error);
      });
      this.#jobs.push({ handle, crash });
    }
    await this.settle();
  }

  async #stop(crash: boolean): Promise<void> {
    const jobs = this.#jobs;
    this.#jobs = [];
    for (const job of jobs) {
      if (crash) job.crash.abort();
      await job.handle.close().catch((error: unknown) => {
        if (this.#failure === undefined) throw error; // told already by the call that met it
      });
    }
  }
}

// One failure is enough for a test: it wants the error, not that there were too many.
function rootOf(error: unknown): Error {
  return StreamError.is(error) && error.code === 'RESTARTS_EXHAUSTED' ? (error.cause as Error) : (error as Error);
}
