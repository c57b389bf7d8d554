import type { Topic, Topology } from '../../src/index.ts';
import type { Checksum } from './checksum.ts';

/** A Nexmark query. */
export interface Query<R> {
  /** The job: reads topic `nexmark`, writes its results to the given topic. */
  topology(results: Topic<R>): Topology<unknown>;
  /** What of a result goes into the checksum, in this order. */
  fields(result: R, checksum: Checksum): void;
}
