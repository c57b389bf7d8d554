import { asyncMap } from './async-map.ts';
import { broadcast } from './broadcast.ts';
import { keyedJoin } from './keyed-join.ts';
import { repartition } from './repartition.ts';
import { sideOutputs } from './side-outputs.ts';
import type { SimulatedJob } from './simulated-job.ts';
import { statefulMap } from './stateful-map.ts';
import { windows } from './windows.ts';

/** The suite. A seed runs one of them: order matters to whoever repeats an old seed. */
export const simulatedJobs: readonly SimulatedJob[] = [
  statefulMap,
  repartition,
  keyedJoin,
  windows,
  sideOutputs,
  broadcast,
  asyncMap,
];
