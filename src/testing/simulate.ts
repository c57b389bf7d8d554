/**
 * Runs a topology under many seeds and compares what it commits with a model of it. A seed decides the schedule, the
 * crashes, zombies, slow and failing calls, and when tasks move. A failing seed is made smaller and told with the
 * command that repeats it.
 */
import type { Random } from '../core/clock.ts';
import { toMs, type Duration } from '../core/duration.ts';
import { StreamError, preview } from '../core/stream-error.ts';
import type { Topology } from '../dsl/define-topology.ts';
import type { Graph } from '../graph/nodes.ts';
import { randomFaults, type DiskLoss, type Fault } from './simulation/fault-plan.ts';
import type { OutputOrder } from './simulation/output-checker.ts';
import type { LogShape, Scenario, SimulatedInput, Violation } from './simulation/scenario.ts';
import { randomInt, seededRandom } from './simulation/seeded-random.ts';
import { shrinkScenario } from './simulation/shrink-scenario.ts';
import { activeMs, World, type RunResult, type WorldOptions } from './simulation/world.ts';

export interface SimulateOptions<C, I> {
  readonly config?: Partial<C>;
  /** How many seeds. Default 100. */
  readonly seeds?: number;
  /** Default 1. */
  readonly firstSeed?: number;
  /** The same for all seeds, or made anew for each one. */
  readonly inputs: readonly I[] | ((random: Random, partitions: number) => readonly I[]);
  /** Where an input goes. Default: it is a value of the only source. */
  readonly input?: (input: I) => SimulatedInput;
  /** The model: all values by sink id, or a list when there is one sink. */
  readonly expected: (inputs: readonly I[]) => readonly unknown[] | Readonly<Record<string, readonly unknown[]>>;
  /** `key` (default): records of a key come in the model's order. `any`: in any order. Topics without a key: any. */
  readonly order?: OutputOrder;
  /** Default: 1 to 3, by seed. */
  readonly workers?: number;
  /** Default: 1 to 4, by seed. */
  readonly partitions?: number;
  /** Default: both shapes in turn. */
  readonly log?: LogShape;
  /** False: nothing goes wrong. Default true. */
  readonly faults?: boolean;
  /** Virtual time in which the outputs must be complete once the faults are over. Default 2 minutes. */
  readonly within?: Duration;
  /** Command that repeats a seed, for the message. */
  readonly repeat?: (seed: number) => string;
}

export interface SimulationReport {
  readonly seeds: number;
  /** Events run, all seeds together. */
  readonly events: number;
}

/** Rejects with SIMULATION_FAILED at the first seed whose outcome differs from the model. */
export async function simulate<C, I>(topology: Topology<C>, options: SimulateOptions<C, I>): Promise<SimulationReport> {
  const { seeds = 100, firstSeed = 1 } = options;
  let events = 0;
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const { steps, violation } = await simulateSeed(topology, options, seed);
    events += steps;
    if (violation === undefined) continue;
    const smaller = await shrinkViolation(topology, options, violation);
    throw new StreamError('SIMULATION_FAILED', describeViolation(smaller, options.repeat), { job: topology.name });
  }
  return { seeds, events };
}

/** How tests put something between the engine and its ports. */
export type PortWrappers = Pick<WorldOptions, 'wrapLog' | 'wrapStore'>;

/** One run. */
export function simulateSeed<C, I>(
  topology: Topology<C>,
  options: SimulateOptions<C, I>,
  seed: number,
  wrappers: PortWrappers = {},
): Promise<RunResult> {
  return runScenario(topology, options, randomScenario(topology, options, seed), wrappers);
}

/** The smallest scenario found that still fails like this one. */
export async function shrinkViolation<C, I>(
  topology: Topology<C>,
  options: SimulateOptions<C, I>,
  violation: Violation,
  wrappers: PortWrappers = {},
): Promise<Violation> {
  let smallest = violation;
  await shrinkScenario(violation.scenario, async (candidate) => {
    const { violation: again } = await runScenario(topology, options, candidate, wrappers);
    if (again === undefined) return false;
    smallest = again;
    return true;
  });
  return smallest;
}

export function describeViolation(violation: Violation, repeat?: (seed: number) => string): string {
  const { scenario, reason, events } = violation;
  const { seed, log, workers, partitions, faults, inputs, noise } = scenario;
  const lines = [
    `seed ${seed}: ${reason}`,
    `${log} log, ${workers} workers, ${partitions} partitions${noise ? ', failing calls' : ''}`,
    ...faults.map((fault) => `  fault: ${JSON.stringify(fault)}`),
    ...inputs.slice(0, 20).map(({ source, value }) => `  input ${source}: ${preview(value)}`),
    ...(inputs.length > 20 ? [`  ... ${inputs.length - 20} more inputs`] : []),
    events,
    `repeat: ${repeat?.(seed) ?? `simulate(topology, { ...options, firstSeed: ${seed}, seeds: 1 })`}`,
  ];
  return lines.join('\n');
}

// The scenario keeps user inputs beside where they go, so that the model sees what was left by the shrinker.
interface Tagged<I> extends SimulatedInput {
  readonly original: I;
}

function randomScenario<C, I>(topology: Topology<C>, options: SimulateOptions<C, I>, seed: number): Scenario {
  const random = seededRandom(seed, 2);
  const log = options.log ?? (seed % 2 === 0 ? 'kafka' : 'embedded');
  const workers = options.workers ?? randomInt(random, 1, 4);
  const partitions = options.partitions ?? randomInt(random, 1, 5);
  const inputs = typeof options.inputs === 'function' ? options.inputs(random, partitions) : options.inputs;
  const place = options.input ?? onlySource(topology.build(options.config));
  const quiet = options.faults === false;
  return {
    seed,
    log,
    workers,
    partitions,
    inputs: inputs.map((original): Tagged<I> => ({ ...place(original), original })),
    faults: quiet ? [] : faultsFor(random, log, workers),
    noise: !quiet && random() < 0.3,
  };
}

function faultsFor(random: Random, log: LogShape, workers: number): Fault[] {
  return randomFaults(random, {
    slots: workers,
    most: 6,
    untilMs: activeMs,
    longestStopMs: log === 'kafka' ? 8_000 : 500,
    disks: diskLosses(random, log),
    renaming: log === 'kafka',
  });
}

function diskLosses(random: Random, log: LogShape): readonly DiskLoss[] {
  if (log === 'embedded') return ['kept', 'suffix-lost'];
  return random() < 0.3 ? ['kept'] : ['kept', 'kept', 'suffix-lost', 'gone'];
}

function runScenario<C, I>(
  topology: Topology<C>,
  options: SimulateOptions<C, I>,
  scenario: Scenario,
  wrappers: PortWrappers,
): Promise<RunResult> {
  const inputs = scenario.inputs.map((input) => (input as Tagged<I>).original);
  const config = topology.configure(options.config) as Readonly<Record<string, unknown>>;
  const world = new World({
    topology,
    config,
    scenario,
    expected: expectedBySink(topology, options, inputs),
    order: options.order ?? 'key',
    withinMs: toMs(options.within ?? '2m', 'within'),
    ...wrappers,
  });
  return world.run();
}

function onlySource(graph: Graph): (value: unknown) => SimulatedInput {
  const sources = [...graph.nodes.values()].filter(({ kind }) => kind === 'source');
  if (sources.length === 1) return (value) => ({ source: sources[0]!.id, value });
  throw new StreamError('CONFIG_INVALID', `the topology has ${sources.length} sources`, {
    job: graph.job,
    remedy: 'Say with `input` which source an input belongs to.',
  });
}

function expectedBySink<C, I>(
  topology: Topology<C>,
  options: SimulateOptions<C, I>,
  inputs: readonly I[],
): ReadonlyMap<string, readonly unknown[]> {
  const expected = options.expected(inputs);
  if (isList(expected)) return new Map([[onlySink(topology, options), expected]]);
  return new Map(Object.entries(expected));
}

function isList<T>(value: readonly T[] | object): value is readonly T[] {
  return Array.isArray(value);
}

function onlySink<C, I>(topology: Topology<C>, options: SimulateOptions<C, I>): string {
  const sinks = [...topology.build(options.config).nodes.values()].filter(({ kind }) => kind === 'sink');
  if (sinks.length === 1) return sinks[0]!.id;
  throw new StreamError('CONFIG_INVALID', `the topology has ${sinks.length} sinks`, {
    job: topology.name,
    remedy: 'Return an object from `expected`: values by sink id.',
  });
}
