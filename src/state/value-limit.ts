import { StreamError } from '../core/stream-error.ts';

/**
 * Largest encoded value of state. A row is at most a value, its key, and the end of a list page before it; on logs that
 * keep no rows all that must fit a record of the changelog (1 MiB less 1 KiB).
 */
export const MAX_VALUE_BYTES = 1024 * 1024 - 8 * 1024;

export function tooLarge(bytes: number): StreamError {
  return new StreamError(
    'RECORD_TOO_LARGE',
    `a value of ${String(bytes)} bytes is above the limit of ${String(MAX_VALUE_BYTES)} for state`,
    { remedy: 'Keep large bytes elsewhere and a reference in state; lists and maps have a row per entry.' },
  );
}
