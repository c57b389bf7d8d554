import { systemClock } from '../core/clock.ts';
import type { Topology } from '../dsl/define-topology.ts';
import { makePlan } from '../plan/make-plan.ts';
import { embedded } from './log-factories.ts';
import type { RunOptions } from './options.ts';
import { prepareTopics } from './prepare-topics.ts';
import { restoreJob } from './savepoint.ts';
import { leveldb } from './state-factories.ts';

export interface RestoreOptions<C> extends Pick<
  RunOptions<C>,
  'config' | 'log' | 'state' | 'group' | 'partitions' | 'clock'
> {
  /** Folder of the savepoint. */
  readonly from: string;
  /** Replace state that the job has now. */
  readonly force?: boolean;
}

/**
 * Puts a savepoint in the place of a job's state and positions; the job must not run. Start it afterwards with the same
 * log and state. Fails with SAVEPOINT_INVALID, GRAPH_CHANGED, STATE_LOCKED or LOG_LOCKED (the job runs).
 */
export async function restore<C>(topology: Topology<C>, options: RestoreOptions<C>): Promise<void> {
  const { clock = systemClock, from, force = false } = options;
  const plan = makePlan(topology.build(options.config));
  const { job } = plan.graph;
  const openLog = await (options.log ?? embedded(`.millrace/${job}`)).open({ clock, job });
  try {
    const state = await (options.state ?? leveldb()).open({ log: openLog, clock, job });
    try {
      const { log } = openLog;
      const prepared = await prepareTopics(plan, log, { partitions: options.partitions ?? 4, exchange: 'direct' });
      await restoreJob({ plan, prepared, log, state, group: options.group ?? job, folder: from, force });
    } finally {
      await state.close();
    }
  } finally {
    await openLog.close();
  }
}
