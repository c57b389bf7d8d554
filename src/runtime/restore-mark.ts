/**
 * While a savepoint is put into a job on a cluster, the topic `<job>-restoring` is there. It has no records: that it exists is
 * all it says.
 *
 *   restore:  make the mark -> delete group and internal topics -> write them anew -> delete the mark
 *   job:      start, and each task that finds no position of its group -> is there a mark? -> STATE_MISMATCH
 *
 * A task that saw its positions before they were deleted cannot commit any more: its membership went with the group.
 */
import type { Log } from '../core/log.ts';
import { StreamError } from '../core/stream-error.ts';

export function restoringTopic(job: string): string {
  return `${job}-restoring`;
}

/** Fails with STATE_MISMATCH when a restore of the job did not come to its end. */
export async function checkNotRestoring(log: Pick<Log, 'storesRows' | 'topics'>, job: string): Promise<void> {
  if (log.storesRows) return; // there rows, positions and topics change in one step
  const topic = restoringTopic(job);
  const [mark] = await log.topics.describe([topic]);
  if (mark === undefined) return;
  throw new StreamError('STATE_MISMATCH', 'a savepoint is being restored into this job, or that was interrupted', {
    job,
    topic,
    remedy: 'Run the restore again, with --force. Or begin anew: `run-topology reset <job>`.',
  });
}
