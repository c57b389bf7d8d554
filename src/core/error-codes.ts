/**
 * Every error code, with a one-line meaning. docs/errors.md has a heading for each one and for nothing else; a test
 * checks both directions. Codes are stable: they are never renamed once released.
 */
export const errorCodes = {
  // graph and plan: found at build time, reported together
  GRAPH_INVALID: 'The topology has mistakes; the message lists all of them.',
  CONFIG_INVALID: 'The configuration of the job or of the runner is wrong.',
  USAGE: 'The command line is wrong.',
  DURATION_INVALID: 'A duration is neither milliseconds nor text like "10s".',
  JOB_NOT_FOUND: 'No built-in job or readable module has this name.',
  JOB_INVALID: 'The module does not export a topology made by defineTopology.',
  // records and contracts
  DECODE_FAILED: 'A record does not match its contract.',
  ENCODE_FAILED: 'A value cannot be written by its codec.',
  CONTRACT_INVALID: 'A schema cannot be used as a contract.',
  CONTRACT_INCOMPATIBLE: 'A schema change breaks readers or writers.',
  SCHEMA_UNKNOWN: 'A record names a schema id that the registry does not know.',
  REGISTRY_UNAVAILABLE: 'The schema registry does not answer.',
  KEY_INVALID: 'A key is missing, of a changing type, or not text or a finite number.',
  KEY_MISPLACED: 'A record is not on the partition that its key belongs to.',
  TIMESTAMP_INVALID: 'An event time is missing or not a finite number.',
  RECORD_TOO_LARGE: 'A record or row is larger than the configured limit.',
  BATCH_CORRUPT: 'A record batch fails its checksum or structure.',
  // user code
  USER_FUNCTION_FAILED: 'A function of the topology threw.',
  PROMISE_RETURNED: 'A synchronous operator got a Promise from its function.',
  SIDE_OUTPUT_UNKNOWN: 'A function wrote to a side output that its operator does not declare.',
  STATE_ACCESS: 'State was used outside of a record or timer of its operator.',
  CALL_TIMEOUT: 'An asynchronous call did not end within its attempt timeout.',
  // state
  STATE_CODEC_MISMATCH: 'Stored state was written by a newer or different codec.',
  STATE_CORRUPT: 'The store cannot be read or fails its checks.',
  STATE_FULL: 'The state folder cannot be written: disk full or no permission.',
  STATE_LOCKED: 'Another process has this folder open.',
  STATE_MISMATCH: 'The stored position is not the committed one, or of another log; or a restore was cut off.',
  GRAPH_CHANGED: 'The stored state belongs to a different graph.',
  SAVEPOINT_INVALID: 'The folder is not a complete savepoint, or does not fit the job.',
  // log
  TOPIC_UNKNOWN: 'A topic or partition does not exist.',
  TOPIC_MISMATCH: 'A topic exists with other partitions or settings than the job needs.',
  OFFSET_OUT_OF_RANGE: 'The position to read from is no longer, or not yet, in the log.',
  LOG_CORRUPT: 'The embedded log cannot be read.',
  LOG_LOCKED: 'Another process owns the embedded log of this folder.',
  LOG_CLOSED: 'The log was closed while it was being used.',
  LOG_UNAVAILABLE: 'No broker answers, or not in time.',
  PROTOCOL_ERROR: 'A broker answered something that is not understood.',
  AUTHENTICATION_FAILED: 'A broker or registry refused the credentials, or the TLS handshake failed.',
  NOT_AUTHORIZED: 'The user may not do this: an ACL is missing.',
  FENCED: 'A newer instance has taken over this transactional id or group membership.',
  REBALANCE: 'The group has a newer generation.',
  COMMIT_FAILED: 'A commit did not go through.',
  IO_FAILED: 'A file or socket operation failed.',
  OUTPUT_EXISTS: 'An output file exists already.',
  OUTPUT_CLOSED: 'Nobody reads standard output any more.',
  // life cycle
  NOT_RUNNING: 'The job is not running.',
  ABORTED: 'The job was aborted.',
  RESTARTS_EXHAUSTED: 'The job failed too often in a row.',
  WORKER_FAILED: 'A worker thread ended unexpectedly.',
  UNSUPPORTED: 'This combination is not supported.',
  TEST_LEAK: 'A driver was closed and something of its job was still waiting.',
  SIMULATION_FAILED: 'The simulator found an outcome that differs from the model.',
} as const;

export type ErrorCode = keyof typeof errorCodes;
