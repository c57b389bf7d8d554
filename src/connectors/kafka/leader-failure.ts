import { StreamError, type ErrorPlace } from '../../core/stream-error.ts';
import { brokerError, brokerFailure } from './protocol/errors.ts';

/**
 * The error of a leader's answer. Where the leader may have moved it is LOG_UNAVAILABLE, also for an unknown topic: then
 * the leader is looked up again, and only when there is none the topic does not exist.
 */
export function leaderFailure(
  errorCode: number,
  what: string,
  { topic, partition }: ErrorPlace,
  detail?: string | null,
): StreamError {
  const failure = brokerFailure(errorCode, what, { topic, partition }, detail);
  if (brokerError(errorCode).recovery !== 'refresh-metadata') return failure;
  return new StreamError('LOG_UNAVAILABLE', failure.reason, { topic, partition, reaction: 'rollback' });
}
