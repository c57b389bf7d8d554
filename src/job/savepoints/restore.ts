import { systemClock } from '../../core/clock.ts';
import { toMs } from '../../core/duration.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { Topology } from '../../dsl/define-topology.ts';
import { makePlan } from '../../plan/make-plan.ts';
import { embedded } from '../log-factories.ts';
import type { RunOptions } from '../options.ts';
import { restoreJob } from './restore-job.ts';
import type { SavepointProgress } from './savepoint-progress.ts';
import { leveldb } from '../state-factories.ts';
import { withGenerated } from '../with-generated.ts';

export interface RestoreOptions<C> extends Pick<
  RunOptions<C>,
  | 'config'
  | 'log'
  | 'state'
  | 'generated'
  | 'group'
  | 'partitions'
  | 'replicas'
  | 'topics'
  | 'exchange'
  | 'transactionTimeout'
  | 'clock'
> {
  /** Folder of the savepoint. */
  readonly from: string;
  /** Replace state that the job has now. On Kafka members of the group that keep their place are removed, too. */
  readonly force?: boolean;
  /** The inputs are copies of the topics of the savepoint: the same records at the same offsets. */
  readonly copiedTopics?: boolean;
  /** Hears how far it is, now and then. */
  readonly onProgress?: (progress: SavepointProgress) => void;
}

/**
 * Puts a savepoint in the place of a job's state and positions; the job must not run. Start it afterwards with the same
 * log and state. Fails with SAVEPOINT_INVALID, GRAPH_CHANGED, STATE_LOCKED, LOG_LOCKED or FENCED (the job runs).
 */
export async function restore<C>(topology: Topology<C>, options: RestoreOptions<C>): Promise<void> {
  const { clock = systemClock, from, force = false, copiedTopics = false, exchange } = options;
  const plan = makePlan(topology.build(options.config));
  const { job } = plan.graph;
  const openLog = await (options.log ?? embedded(`.millrace/${job}`)).open({ clock, job });
  try {
    const log = await withGenerated(openLog.log, plan, options.generated, clock);
    // State of a log that keeps no rows is in its changelogs; stores find out by themselves.
    const state = log.storesRows ? await (options.state ?? leveldb()).open({ log: openLog, clock, job }) : undefined;
    try {
      await restoreJob({
        plan,
        log,
        cluster: openLog.log.cluster,
        store: state?.store,
        clock,
        group: options.group ?? job,
        folder: from,
        force,
        copiedTopics,
        onProgress: options.onProgress ?? (() => undefined),
        topics: {
          partitions: options.partitions ?? 4,
          replicas: options.replicas,
          overrides: options.topics,
          exchange,
        },
        transactionTimeoutMs: toMs(options.transactionTimeout ?? '60s', 'transactionTimeout'),
      });
    } catch (error) {
      throw StreamError.is(error) ? error.at({ job }) : error;
    } finally {
      await state?.close();
    }
  } finally {
    await openLog.close();
  }
}
