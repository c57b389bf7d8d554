import { StreamError } from '../core/stream-error.ts';

/** For logs that do not keep rows: state is spread over the machines that run the job, and the log has all of it. */
export function noSavepoints(job: string, logKind: string): StreamError {
  return new StreamError('UNSUPPORTED', `there are no savepoints of a job on a ${logKind} log`, {
    job,
    remedy:
      'Its changelog topics are the lasting copy of its state: keep them on several brokers (kafka.replication.factor). To begin anew, run `run-topology reset`.',
  });
}
