/** A topology of the simulator's own suite, with the model that says what it must write. */
import type { Topology } from '../../../src/dsl/define-topology.ts';
import { simulateSeed, type SimulateOptions } from '../../../src/testing/simulate.ts';
import type { PortWrappers } from '../../../src/testing/simulate.ts';
import type { RunResult } from '../../../src/testing/simulation/world.ts';

export type Overrides = Pick<SimulateOptions<unknown, unknown>, 'log' | 'faults' | 'workers' | 'partitions'>;

export interface SimulatedJob {
  readonly name: string;
  readonly topology: Topology<Readonly<Record<string, never>>>;
  readonly options: SimulateOptions<Readonly<Record<string, never>>, never>;
  run(seed: number, overrides?: Overrides, wrappers?: PortWrappers): Promise<RunResult>;
}

export function simulatedJob<I>(
  topology: Topology<Readonly<Record<string, never>>>,
  options: SimulateOptions<Readonly<Record<string, never>>, I>,
): SimulatedJob {
  return {
    name: topology.name,
    topology,
    // The type of inputs is known to the model alone.
    options: options as unknown as SimulatedJob['options'],
    run: (seed, overrides, wrappers) => simulateSeed(topology, { ...options, ...overrides }, seed, wrappers),
  };
}
