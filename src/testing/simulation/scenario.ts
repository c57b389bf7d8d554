/** One run as data: everything that the seed decided before it began, and that the shrinker can take away. */
import type { Fault } from './fault-plan.ts';

/** A record of a source. Records of a source with the same key, or the same partition, keep their order. */
export interface SimulatedInput {
  readonly source: string;
  readonly value: unknown;
  /** Record time, milliseconds since the epoch; undefined: a millisecond after the one before. */
  readonly at?: number | undefined;
  /** Default: by the topic's key, else in turn. */
  readonly partition?: number | undefined;
  /** In the log before the job starts. */
  readonly early?: boolean | undefined;
  /** Never taken away when a failing run is made smaller: records that close windows. */
  readonly keep?: boolean | undefined;
}

export type LogShape = 'kafka' | 'embedded';

export interface Scenario {
  readonly seed: number;
  readonly log: LogShape;
  readonly workers: number;
  readonly partitions: number;
  readonly inputs: readonly SimulatedInput[];
  readonly faults: readonly Fault[];
  /** Calls fail now and then, beyond the planned faults. */
  readonly noise: boolean;
}

export interface Violation {
  readonly scenario: Scenario;
  /** What differs from the model, or what went wrong. */
  readonly reason: string;
  /** Last events and what everybody waits for. */
  readonly events: string;
}
