/**
 * Kafka's error codes and what to do about them. `recovery` is for the code that sent the request:
 *
 *   retry             the same request again, after a pause
 *   refresh-metadata  ask for the leader again, then retry
 *   find-coordinator  ask for the coordinator again, then retry
 *   rejoin            the group has moved on: join again
 *   fenced            another instance took over
 *   abort             the transaction is lost: a new producer epoch, and back to the last commit
 *   fatal             will fail again: tell the user
 *
 * `code` is what a StreamError made of it says, with the engine's reaction.
 */
import type { ErrorCode } from '../../../core/error-codes.ts';
import type { ErrorPlace, Reaction } from '../../../core/stream-error.ts';
import { StreamError } from '../../../core/stream-error.ts';

export type Recovery = 'retry' | 'refresh-metadata' | 'find-coordinator' | 'rejoin' | 'fenced' | 'abort' | 'fatal';

export interface BrokerError {
  readonly name: string;
  readonly recovery: Recovery;
  readonly code: ErrorCode;
  /** Where it is not that of the recovery. */
  readonly reaction?: Reaction;
  readonly remedy?: string;
}

const grant = 'Grant the missing permission (ACL) to the user of this job.';

const table: Readonly<Record<number, BrokerError>> = {
  [-1]: { name: 'UNKNOWN_SERVER_ERROR', recovery: 'fatal', code: 'PROTOCOL_ERROR', remedy: "See the broker's log." },
  1: { name: 'OFFSET_OUT_OF_RANGE', recovery: 'fatal', code: 'OFFSET_OUT_OF_RANGE' },
  2: { name: 'CORRUPT_MESSAGE', recovery: 'retry', code: 'BATCH_CORRUPT' },
  3: {
    name: 'UNKNOWN_TOPIC_OR_PARTITION',
    recovery: 'refresh-metadata',
    code: 'TOPIC_UNKNOWN',
    remedy: 'Create it first, or check its name.',
  },
  4: { name: 'INVALID_FETCH_SIZE', recovery: 'fatal', code: 'PROTOCOL_ERROR' },
  5: { name: 'LEADER_NOT_AVAILABLE', recovery: 'refresh-metadata', code: 'LOG_UNAVAILABLE' },
  6: { name: 'NOT_LEADER_OR_FOLLOWER', recovery: 'refresh-metadata', code: 'LOG_UNAVAILABLE' },
  7: { name: 'REQUEST_TIMED_OUT', recovery: 'retry', code: 'LOG_UNAVAILABLE' },
  8: { name: 'BROKER_NOT_AVAILABLE', recovery: 'refresh-metadata', code: 'LOG_UNAVAILABLE' },
  9: { name: 'REPLICA_NOT_AVAILABLE', recovery: 'refresh-metadata', code: 'LOG_UNAVAILABLE' },
  10: {
    name: 'MESSAGE_TOO_LARGE',
    recovery: 'fatal',
    code: 'RECORD_TOO_LARGE',
    remedy: "Make the value smaller, or raise the topic's max.message.bytes.",
  },
  13: { name: 'NETWORK_EXCEPTION', recovery: 'refresh-metadata', code: 'LOG_UNAVAILABLE' },
  14: { name: 'COORDINATOR_LOAD_IN_PROGRESS', recovery: 'retry', code: 'LOG_UNAVAILABLE' },
  15: { name: 'COORDINATOR_NOT_AVAILABLE', recovery: 'find-coordinator', code: 'LOG_UNAVAILABLE' },
  16: { name: 'NOT_COORDINATOR', recovery: 'find-coordinator', code: 'LOG_UNAVAILABLE' },
  17: {
    name: 'INVALID_TOPIC_EXCEPTION',
    recovery: 'fatal',
    code: 'CONFIG_INVALID',
    remedy: 'Use at most 249 letters, digits, dots, underscores and hyphens.',
  },
  18: {
    name: 'RECORD_LIST_TOO_LARGE',
    recovery: 'fatal',
    code: 'RECORD_TOO_LARGE',
    remedy: "Make the batch smaller, or raise the topic's max.message.bytes.",
  },
  19: {
    name: 'NOT_ENOUGH_REPLICAS',
    recovery: 'retry',
    code: 'LOG_UNAVAILABLE',
    remedy: 'Start the missing brokers, or lower min.insync.replicas of the topic.',
  },
  20: { name: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', recovery: 'retry', code: 'LOG_UNAVAILABLE' },
  21: { name: 'INVALID_REQUIRED_ACKS', recovery: 'fatal', code: 'PROTOCOL_ERROR' },
  22: { name: 'ILLEGAL_GENERATION', recovery: 'rejoin', code: 'REBALANCE' },
  23: {
    name: 'INCONSISTENT_GROUP_PROTOCOL',
    recovery: 'fatal',
    code: 'CONFIG_INVALID',
    remedy: 'Another kind of consumer uses this group: choose another `group`.',
  },
  24: { name: 'INVALID_GROUP_ID', recovery: 'fatal', code: 'CONFIG_INVALID', remedy: 'Choose another `group`.' },
  25: { name: 'UNKNOWN_MEMBER_ID', recovery: 'rejoin', code: 'FENCED' },
  26: {
    name: 'INVALID_SESSION_TIMEOUT',
    recovery: 'fatal',
    code: 'CONFIG_INVALID',
    remedy: "Set a session timeout between the brokers' group.min. and group.max.session.timeout.ms.",
  },
  27: { name: 'REBALANCE_IN_PROGRESS', recovery: 'rejoin', code: 'REBALANCE' },
  29: { name: 'TOPIC_AUTHORIZATION_FAILED', recovery: 'fatal', code: 'NOT_AUTHORIZED', remedy: grant },
  30: { name: 'GROUP_AUTHORIZATION_FAILED', recovery: 'fatal', code: 'NOT_AUTHORIZED', remedy: grant },
  31: { name: 'CLUSTER_AUTHORIZATION_FAILED', recovery: 'fatal', code: 'NOT_AUTHORIZED', remedy: grant },
  32: { name: 'INVALID_TIMESTAMP', recovery: 'fatal', code: 'TIMESTAMP_INVALID' },
  33: {
    name: 'UNSUPPORTED_SASL_MECHANISM',
    recovery: 'fatal',
    code: 'AUTHENTICATION_FAILED',
    remedy: 'Set `sasl.mechanism` to one that the brokers offer (sasl.enabled.mechanisms).',
  },
  34: { name: 'ILLEGAL_SASL_STATE', recovery: 'fatal', code: 'AUTHENTICATION_FAILED' },
  35: {
    name: 'UNSUPPORTED_VERSION',
    recovery: 'fatal',
    code: 'UNSUPPORTED',
    remedy: 'Use brokers of version 3.0 or newer.',
  },
  36: { name: 'TOPIC_ALREADY_EXISTS', recovery: 'fatal', code: 'TOPIC_MISMATCH' },
  37: { name: 'INVALID_PARTITIONS', recovery: 'fatal', code: 'TOPIC_MISMATCH' },
  38: {
    name: 'INVALID_REPLICATION_FACTOR',
    recovery: 'fatal',
    code: 'CONFIG_INVALID',
    remedy: 'Lower the replication factor to at most the number of brokers.',
  },
  39: { name: 'INVALID_REPLICA_ASSIGNMENT', recovery: 'fatal', code: 'CONFIG_INVALID' },
  40: { name: 'INVALID_CONFIG', recovery: 'fatal', code: 'CONFIG_INVALID' },
  41: { name: 'NOT_CONTROLLER', recovery: 'refresh-metadata', code: 'LOG_UNAVAILABLE' },
  42: { name: 'INVALID_REQUEST', recovery: 'fatal', code: 'PROTOCOL_ERROR' },
  43: { name: 'UNSUPPORTED_FOR_MESSAGE_FORMAT', recovery: 'fatal', code: 'UNSUPPORTED' },
  44: { name: 'POLICY_VIOLATION', recovery: 'fatal', code: 'CONFIG_INVALID' },
  45: { name: 'OUT_OF_ORDER_SEQUENCE_NUMBER', recovery: 'abort', code: 'COMMIT_FAILED' },
  46: { name: 'DUPLICATE_SEQUENCE_NUMBER', recovery: 'abort', code: 'COMMIT_FAILED' },
  47: { name: 'INVALID_PRODUCER_EPOCH', recovery: 'fenced', code: 'FENCED' },
  48: { name: 'INVALID_TXN_STATE', recovery: 'abort', code: 'COMMIT_FAILED' },
  49: { name: 'INVALID_PRODUCER_ID_MAPPING', recovery: 'abort', code: 'COMMIT_FAILED' },
  50: {
    name: 'INVALID_TRANSACTION_TIMEOUT',
    recovery: 'fatal',
    code: 'CONFIG_INVALID',
    remedy:
      "Lower `transactionTimeout` (kafka.transaction.timeout) to at most the brokers' transaction.max.timeout.ms.",
  },
  51: { name: 'CONCURRENT_TRANSACTIONS', recovery: 'retry', code: 'LOG_UNAVAILABLE' },
  52: { name: 'TRANSACTION_COORDINATOR_FENCED', recovery: 'find-coordinator', code: 'LOG_UNAVAILABLE' },
  53: { name: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', recovery: 'fatal', code: 'NOT_AUTHORIZED', remedy: grant },
  55: { name: 'OPERATION_NOT_ATTEMPTED', recovery: 'retry', code: 'LOG_UNAVAILABLE' },
  56: {
    name: 'KAFKA_STORAGE_ERROR',
    recovery: 'refresh-metadata',
    code: 'LOG_UNAVAILABLE',
    remedy: 'A disk of a broker has failed.',
  },
  58: {
    name: 'SASL_AUTHENTICATION_FAILED',
    recovery: 'fatal',
    code: 'AUTHENTICATION_FAILED',
    remedy: 'Check user and password in `sasl`.',
  },
  59: { name: 'UNKNOWN_PRODUCER_ID', recovery: 'abort', code: 'COMMIT_FAILED' },
  66: { name: 'DELEGATION_TOKEN_EXPIRED', recovery: 'fatal', code: 'AUTHENTICATION_FAILED' },
  68: {
    name: 'NON_EMPTY_GROUP',
    recovery: 'fatal',
    code: 'FENCED',
    reaction: 'fail-job',
    remedy: 'Stop all workers of the job first.',
  },
  72: { name: 'LISTENER_NOT_FOUND', recovery: 'refresh-metadata', code: 'LOG_UNAVAILABLE' },
  73: { name: 'TOPIC_DELETION_DISABLED', recovery: 'fatal', code: 'UNSUPPORTED' },
  74: { name: 'FENCED_LEADER_EPOCH', recovery: 'refresh-metadata', code: 'LOG_UNAVAILABLE' },
  75: { name: 'UNKNOWN_LEADER_EPOCH', recovery: 'refresh-metadata', code: 'LOG_UNAVAILABLE' },
  76: {
    name: 'UNSUPPORTED_COMPRESSION_TYPE',
    recovery: 'fatal',
    code: 'UNSUPPORTED',
    remedy: 'Choose another compression for the topic.',
  },
  77: { name: 'STALE_BROKER_EPOCH', recovery: 'refresh-metadata', code: 'LOG_UNAVAILABLE' },
  78: { name: 'OFFSET_NOT_AVAILABLE', recovery: 'retry', code: 'LOG_UNAVAILABLE' },
  79: { name: 'MEMBER_ID_REQUIRED', recovery: 'rejoin', code: 'REBALANCE' },
  80: { name: 'PREFERRED_LEADER_NOT_AVAILABLE', recovery: 'refresh-metadata', code: 'LOG_UNAVAILABLE' },
  81: {
    name: 'GROUP_MAX_SIZE_REACHED',
    recovery: 'fatal',
    code: 'CONFIG_INVALID',
    remedy: 'Start fewer workers, or raise group.max.size of the brokers.',
  },
  82: {
    name: 'FENCED_INSTANCE_ID',
    recovery: 'fenced',
    code: 'FENCED',
    reaction: 'fail-job',
    remedy: 'Another process has this instance name: give each its own.',
  },
  87: { name: 'INVALID_RECORD', recovery: 'fatal', code: 'BATCH_CORRUPT' },
  88: { name: 'UNSTABLE_OFFSET_COMMIT', recovery: 'retry', code: 'LOG_UNAVAILABLE' },
  89: { name: 'THROTTLING_QUOTA_EXCEEDED', recovery: 'retry', code: 'LOG_UNAVAILABLE' },
  90: { name: 'PRODUCER_FENCED', recovery: 'fenced', code: 'FENCED' },
  100: { name: 'UNKNOWN_TOPIC_ID', recovery: 'refresh-metadata', code: 'TOPIC_UNKNOWN' },
  103: { name: 'INCONSISTENT_TOPIC_ID', recovery: 'refresh-metadata', code: 'TOPIC_UNKNOWN' },
  120: { name: 'TRANSACTION_ABORTABLE', recovery: 'abort', code: 'COMMIT_FAILED' },
};

const reactions: Readonly<Record<Recovery, Reaction>> = {
  retry: 'rollback',
  'refresh-metadata': 'rollback',
  'find-coordinator': 'rollback',
  rejoin: 'rollback',
  fenced: 'rollback',
  abort: 'rollback',
  fatal: 'fail-job',
};

/** The entry of a code other than 0. Codes that are not in the table will fail again. */
export function brokerError(error: number): BrokerError {
  return table[error] ?? { name: `error ${error}`, recovery: 'fatal', code: 'PROTOCOL_ERROR' };
}

/**
 * A StreamError for an error code. `what` says what was being done: 'fetch from broker 1'. `detail` is the broker's own
 * message where it sent one.
 */
export function brokerFailure(
  error: number,
  what: string,
  place: ErrorPlace = {},
  detail?: string | null,
): StreamError {
  const { name, code, recovery, remedy, reaction } = brokerError(error);
  const said = detail === undefined || detail === null || detail === '' ? '' : `: ${detail}`;
  return new StreamError(code, `${what} failed with ${name} (${error})${said}`, {
    ...place,
    reaction: reaction ?? reactions[recovery],
    ...(remedy === undefined ? {} : { remedy }),
  });
}
