import { StreamError } from '../../core/stream-error.ts';

/** For logs that do not keep rows: a cut over all workers exists only when none of them commits. */
export function noSavepoints(job: string, logKind: string): StreamError {
  return new StreamError('UNSUPPORTED', `there are no savepoints of a running job on a ${logKind} log`, {
    job,
    remedy: 'Stop all its workers, then run `run-topology savepoint <job> <folder>` with the same --kafka.',
  });
}
