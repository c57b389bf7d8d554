/** What the process says to whoever started it. */
import type { ErrorCode } from '../core/error-codes.ts';
import { StreamError } from '../core/stream-error.ts';

export const exitCodes = { done: 0, failed: 1, usage: 2, locked: 3, aborted: 130 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const usage: readonly ErrorCode[] = [
  'USAGE',
  'CONFIG_INVALID',
  'DURATION_INVALID',
  'JOB_NOT_FOUND',
  'JOB_INVALID',
  'GRAPH_INVALID',
  'OUTPUT_EXISTS',
];
const locked: readonly ErrorCode[] = ['FENCED', 'STATE_LOCKED', 'LOG_LOCKED'];

export function exitCodeOf(error: unknown): ExitCode {
  if (!StreamError.is(error)) return exitCodes.failed;
  if (error.code === 'ABORTED') return exitCodes.aborted;
  if (usage.includes(error.code)) return exitCodes.usage;
  // A worker that was fenced or found a lock may have been restarted in vain before it gave up.
  if (locked.includes(error.code) || (error.cause !== undefined && exitCodeOf(error.cause) === exitCodes.locked)) {
    return exitCodes.locked;
  }
  return exitCodes.failed;
}
