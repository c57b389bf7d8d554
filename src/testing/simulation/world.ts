/**
 * One run of a scenario: the log, the machines, and the job on them, until its outputs are what the model expects.
 *
 *   inputs arrive, workers start --faults strike, workers start again--> outputs complete --a while--> done
 *                                                                   \--wrong record, failed job, time is up--> violation
 *
 * On the Kafka shape a worker is a process on a machine of its own. On the embedded shape all workers are threads of one
 * process: it crashes as a whole, and with it the memory of its groups.
 */
import type { Log } from '../../core/log.ts';
import type { Store } from '../../core/store.ts';
import { StreamError, messageOf } from '../../core/stream-error.ts';
import type { Topic } from '../../core/topic.ts';
import type { Topology } from '../../dsl/define-topology.ts';
import type { Graph } from '../../graph/nodes.ts';
import { run } from '../../job/run.ts';
import type { JobHandle } from '../../job/options.ts';
import { levelState } from '../../state/leveldb/level-state.ts';
import { FaultPlan, type DiskLoss, type Fault } from './fault-plan.ts';
import { Host } from './host.ts';
import { InputFeed } from './input-feed.ts';
import { OutputChecker, type OutputOrder } from './output-checker.ts';
import type { Scenario, Violation } from './scenario.ts';
import { Scheduler } from './scheduler.ts';
import { chance, pick, seededRandom } from './seeded-random.ts';
import { SimCluster } from './sim-cluster.ts';
import { SimDisk } from './sim-disk.ts';
import { SimLog } from './sim-log.ts';
import { SimStore } from './sim-store.ts';
import { withSimulatedCalls } from './simulated-calls.ts';

/** Faults strike, and inputs arrive, in the first part of a run. */
export const activeMs = 3_000;

const checkEveryMs = 100;
const mostSteps = 400_000;

export interface WorldOptions {
  readonly topology: Topology<unknown>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly scenario: Scenario;
  /** Values by sink id. */
  readonly expected: ReadonlyMap<string, readonly unknown[]>;
  readonly order: OutputOrder;
  /** Virtual time after the last input in which everything must have come. */
  readonly withinMs: number;
  /** Puts something between the engine and its ports: how tests break the engine on purpose. */
  readonly wrapLog?: ((log: Log, store: Store) => Log) | undefined;
  readonly wrapStore?: ((store: Store) => Store) | undefined;
}

export interface RunResult {
  readonly violation: Violation | undefined;
  readonly steps: number;
  readonly trace: number;
}

interface Slot {
  readonly index: number;
  readonly disk: SimDisk;
  host: Host | undefined;
  handle: JobHandle | undefined;
  starts: number;
  /** Name of the process in the group. */
  instance: string;
}

export class World {
  readonly #options: WorldOptions;
  readonly #scheduler: Scheduler;
  readonly #cluster: SimCluster;
  readonly #feed: InputFeed;
  readonly #faults: FaultPlan;
  readonly #slots: readonly Slot[];
  readonly #graph: Graph;
  readonly #checkers = new Map<string, OutputChecker>();
  readonly #settings: ReturnType<typeof randomSettings>;
  #done = false;
  #completeSince: number | undefined;
  #stableEnds = -1;

  constructor(options: WorldOptions) {
    const { scenario, topology, config, expected, order } = options;
    this.#options = options;
    this.#scheduler = new Scheduler(seededRandom(scenario.seed));
    const shared = scenario.log === 'embedded' ? new SimDisk() : undefined;
    this.#settings = randomSettings(scenario);
    this.#cluster = new SimCluster({ scheduler: this.#scheduler, disk: shared, markerMs: this.#settings.markerMs });
    this.#feed = new InputFeed(this.#cluster);
    this.#faults = new FaultPlan(scenario.faults);
    this.#slots = Array.from({ length: scenario.workers }, (_, index) => {
      return {
        index,
        disk: shared ?? new SimDisk(),
        host: undefined,
        handle: undefined,
        starts: 0,
        instance: String(index),
      };
    });
    this.#graph = topology.build(config);
    for (const node of this.#graph.nodes.values()) {
      if (node.kind !== 'sink') continue;
      this.#checkers.set(node.topic.name, new OutputChecker(node.id, node.topic, order, expected.get(node.id) ?? []));
    }
  }

  async run(): Promise<RunResult> {
    const { scenario } = this.#options;
    const scheduler = this.#scheduler;
    this.#feed.start(scenario.inputs, this.#createInputs(), activeMs / 2);
    for (const slot of this.#slots) {
      scheduler.at(slot.index === 0 ? 0 : scheduler.random() * 1_000, 'start', () => this.#start(slot));
    }
    for (const fault of this.#faults.timed) scheduler.at(fault.atMs, 'fault', () => this.#strike(fault));
    this.#checkLater();
    const outcome = await scheduler.run(() => this.#done, mostSteps);
    const result = { steps: scheduler.steps, trace: scheduler.trace };
    if (outcome === 'done') return { ...result, violation: undefined };
    const reason = outcome === 'failed' ? messageOf(scheduler.failure) : `the run never ends (${outcome})`;
    return { ...result, violation: { scenario, reason, events: `${this.#phases()}\n${scheduler.report()}` } };
  }

  #createInputs(): ReadonlyMap<string, Topic<unknown>> {
    const topics = new Map<string, Topic<unknown>>();
    for (const node of this.#graph.nodes.values()) {
      if (node.kind !== 'source') continue;
      const { name, options } = node.topic;
      if (this.#cluster.describe(name) === undefined) {
        const partitions = options.partitions ?? this.#options.scenario.partitions;
        this.#cluster.create({ name, partitions, compacted: options.compacted });
      }
      topics.set(node.id, node.topic);
    }
    return topics;
  }

  // --- workers

  #start(slot: Slot): void {
    const host: Host = new Host({
      name: `worker-${slot.index}.${++slot.starts}`,
      slot: slot.index,
      scheduler: this.#scheduler,
      faults: this.#faults,
      failRate: () => (this.#options.scenario.noise && this.#scheduler.time < activeMs ? 0.005 : 0),
      onCrash: (_host, disk, renamed) => this.#crashed(slot, disk, renamed),
    });
    slot.host = host;
    slot.handle = undefined;
    void this.#runJob(slot, host);
  }

  async #runJob(slot: Slot, host: Host): Promise<void> {
    const { wrapLog, wrapStore, topology, config, scenario } = this.#options;
    const plainStore = new SimStore(host, slot.disk);
    const store = wrapStore?.(plainStore) ?? plainStore;
    const plainLog = new SimLog(host, this.#cluster);
    const log = wrapLog?.(plainLog, store) ?? plainLog;
    const close = (): Promise<void> => Promise.resolve();
    try {
      const handle = await run(withSimulatedCalls(topology, host), {
        config,
        log: { kind: 'simulated', open: async () => ({ log, store: log.storesRows ? store : undefined, close }) },
        state: {
          kind: 'leveldb',
          open: async () => ({
            backend: levelState(store, { frozen: true, rowsLearnedAtOnce: 2 }),
            store,
            instance: slot.instance,
            close,
          }),
        },
        partitions: scenario.partitions,
        ...(this.#settings.keepsPlaces ? { instance: slot.instance } : {}),
        clock: host.clock,
        random: host.random,
        ...this.#settings.job,
        standbys: this.#settings.standbys,
        warmUps: this.#settings.warmUps,
      });
      slot.handle = handle;
      await handle.finished;
      host.crash();
    } catch (error) {
      const passing = StreamError.is(error) && (error.reaction === 'retry' || error.reaction === 'rollback');
      if (passing) host.crash();
      else this.#scheduler.fail(error);
    }
  }

  #crashed(slot: Slot, disk: DiskLoss, renamed: boolean): void {
    if (renamed) slot.instance = `${slot.index}-${slot.starts}`;
    if (disk === 'gone') slot.disk.wipe();
    else if (disk === 'suffix-lost') slot.disk.losePower(this.#scheduler.random);
    this.#startLater(slot);
    if (this.#options.scenario.log === 'kafka') return;
    this.#cluster.groups.forgetMembers();
    for (const other of this.#slots) other.host?.crash(); // those that are down already are not started twice
  }

  #startLater(slot: Slot): void {
    this.#scheduler.at(this.#scheduler.random() ** 3 * 5_000, 'start', () => this.#start(slot));
  }

  #strike(fault: Fault): void {
    const slot = this.#slots[fault.slot];
    const host = slot?.host;
    if (slot === undefined || host?.alive !== true) return;
    switch (fault.kind) {
      case 'crash':
        host.crash(fault.disk, fault.renamed);
        return;
      case 'stop':
        host.stop(fault.forMs);
        return;
      case 'slow':
        host.slowDown(fault.forMs);
        return;
      case 'leave':
        slot.handle?.close().catch((error: unknown) => this.#scheduler.fail(error));
        return;
      case 'fail':
        return; // strikes at points only
      default:
        fault satisfies never;
    }
  }

  // --- outputs

  #checkLater(): void {
    this.#scheduler.at(checkEveryMs, 'check', () => {
      this.#check();
      this.#checkLater();
    });
  }

  #check(): void {
    const scheduler = this.#scheduler;
    const wrong = this.#wrongOutput();
    if (wrong !== undefined) {
      scheduler.fail(new StreamError('SIMULATION_FAILED', wrong));
      return;
    }
    const complete = this.#feed.done && [...this.#checkers.values()].every((checker) => checker.complete);
    const allAwake = this.#slots.every(({ host }) => host !== undefined && host.stoppedUntil < scheduler.time);
    if (complete && allAwake) {
      this.#completeSince ??= scheduler.time;
      this.#done = scheduler.time - this.#completeSince >= this.#settings.graceMs;
    } else {
      this.#completeSince = undefined;
    }
    if (!this.#done && scheduler.time > activeMs + this.#options.withinMs) {
      scheduler.fail(new StreamError('SIMULATION_FAILED', this.#missing()));
    }
  }

  // Looks only when something new can be read.
  #wrongOutput(): string | undefined {
    let ends = 0;
    for (const name of this.#checkers.keys()) ends += this.#cluster.readableEnd(name);
    if (ends === this.#stableEnds) return undefined;
    this.#stableEnds = ends;
    for (const [name, checker] of this.#checkers) {
      const wrong = checker.wrong(this.#cluster.committed(name));
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  #missing(): string {
    const incomplete = [...this.#checkers].filter(([, checker]) => !checker.complete);
    if (incomplete.length === 0) return 'everything has come, but a worker never wakes up';
    return incomplete.map(([name, checker]) => checker.missing(this.#cluster.committed(name))).join('; ');
  }

  #phases(): string {
    return this.#slots
      .map(({ host, handle }) => `${host?.name ?? 'not started'}: ${handle?.status.phase ?? 'starting'}`)
      .join(', ');
  }
}

// How the job is run is part of what the seed decides.
function randomSettings(scenario: Scenario) {
  const random = seededRandom(scenario.seed, 1);
  const job = {
    sessionTimeout: 3_000,
    transactionTimeout: pick(random, keepsNames(scenario) ? [4_000, 8_000, 3_600_000] : [4_000, 8_000]),
    commit: { linger: pick(random, [0, 5, 20]), interval: pick(random, [30, 200, 1_000]) },
    // A small cache evicts after every commit, and forces commits.
    memory: { stateBytes: chance(random, 0.3) ? 2_000 : 1_000_000, inputBytes: chance(random, 0.3) ? 200 : 100_000 },
    exchange: scenario.log === 'embedded' && scenario.workers === 1 && chance(random, 0.5) ? 'direct' : 'log',
    restart: { initial: 50, max: 1_000, attempts: 1_000 },
  } as const;
  return {
    job,
    /** Stopped workers keep their place in the group until their sessions end. */
    keepsPlaces: chance(random, 0.5),
    markerMs: pick(random, [2, 10, 100]),
    graceMs: pick(random, [300, 1_000, 4_000]),
    standbys: scenario.log === 'kafka' ? pick(random, [0, 0, 1, 2]) : 0,
    // State is small here: with the default lag tasks move at once.
    warmUps: { acceptableLag: pick(random, [0, 0, 3, 20, 10_000]), most: pick(random, [1, 2]) },
  };
}

// Where disks are kept the engine knows who left a transaction open, so nobody has to wait for its timeout.
function keepsNames({ log, faults }: Scenario): boolean {
  return log === 'kafka' && faults.every((fault) => fault.kind !== 'crash' || fault.disk === 'kept');
}
