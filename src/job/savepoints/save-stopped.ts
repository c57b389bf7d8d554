import { systemClock } from '../../core/clock.ts';
import { toMs } from '../../core/duration.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { Topology } from '../../dsl/define-topology.ts';
import { makePlan } from '../../plan/make-plan.ts';
import { noSavepoints } from './no-savepoints.ts';
import type { LogFactory, RunOptions } from '../options.ts';
import { stoppedSavepoint } from './stopped-savepoint.ts';
import { withGenerated } from '../with-generated.ts';

export interface SaveStoppedOptions<C> extends Pick<
  RunOptions<C>,
  'config' | 'generated' | 'group' | 'partitions' | 'replicas' | 'topics' | 'transactionTimeout' | 'clock'
> {
  readonly log: LogFactory;
  /** A new or empty folder. */
  readonly to: string;
}

/** Writes a savepoint of a job on a cluster, none of whose workers may run. */
export async function saveStopped<C>(topology: Topology<C>, options: SaveStoppedOptions<C>): Promise<void> {
  const { clock = systemClock, to, partitions = 4, replicas } = options;
  const plan = makePlan(topology.build(options.config));
  const { job } = plan.graph;
  const openLog = await options.log.open({ clock, job });
  try {
    const { cluster, kind } = openLog.log;
    if (cluster === undefined) throw noSavepoints(job, kind);
    await stoppedSavepoint({
      plan,
      log: await withGenerated(openLog.log, plan, options.generated, clock),
      cluster,
      clock,
      group: options.group ?? job,
      folder: to,
      topics: { partitions, exchange: 'log', replicas, overrides: options.topics },
      transactionTimeoutMs: toMs(options.transactionTimeout ?? '60s', 'transactionTimeout'),
    });
  } catch (error) {
    throw StreamError.is(error) ? error.at({ job }) : error;
  } finally {
    await openLog.close();
  }
}
