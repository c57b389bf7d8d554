import { StreamError, messageOf } from '../../core/stream-error.ts';

/** What LevelDB (or the file system under it) threw, as an error with a code and a remedy. */
export function storeError(thrown: unknown, folder: string): StreamError {
  if (StreamError.is(thrown)) return thrown;
  const { code, message } = innermost(thrown);
  if (code === 'LEVEL_LOCKED') {
    return new StreamError('STATE_LOCKED', `another process has ${folder} open`, {
      cause: thrown,
      remedy: 'Stop the other process, or give this one a folder of its own.',
    });
  }
  if (code === 'LEVEL_DATABASE_NOT_OPEN' || code === 'LEVEL_ITERATOR_NOT_OPEN' || code === 'LEVEL_BATCH_NOT_OPEN') {
    return new StreamError('NOT_RUNNING', `the store in ${folder} is closed`, { cause: thrown });
  }
  if (/no space left|ENOSPC|disk quota|EDQUOT|file too large|EFBIG/i.test(message)) {
    return new StreamError('STATE_FULL', `${folder} cannot be written: ${message}`, {
      cause: thrown,
      reaction: 'rollback',
      remedy: 'Free space on that disk, then start again: the job goes on from its last commit.',
    });
  }
  if (/permission denied|EACCES|EPERM|read-only file system|EROFS|not a directory|ENOTDIR|EEXIST/i.test(message)) {
    return new StreamError('STATE_FULL', `${folder} cannot be written: ${message}`, {
      cause: thrown,
      remedy: 'Give this user permission to write the folder, or name another folder.',
    });
  }
  if (
    code === 'LEVEL_CORRUPTION' ||
    /corrupt|checksum|missing files|bad (block|record)|not an sstable|CURRENT/i.test(message)
  ) {
    return new StreamError('STATE_CORRUPT', `the store in ${folder} cannot be read: ${message}`, {
      cause: thrown,
      remedy: 'Restore a savepoint into an empty folder; check the disk before using it again.',
    });
  }
  return new StreamError('IO_FAILED', `the store in ${folder} failed: ${message}`, {
    cause: thrown,
    reaction: 'rollback',
  });
}

/** Like `storeError`, for writes: the store has to be opened again before anything else is written, so the job ends. */
export function storeWriteError(thrown: unknown, folder: string): StreamError {
  const error = storeError(thrown, folder);
  if (error.reaction !== 'rollback') return error;
  const { code, reason, place, cause } = error;
  const what = code === 'STATE_FULL' ? 'Free space on that disk' : 'Check the disk';
  const remedy = `${what}, then start again: the job goes on from its last commit.`;
  return new StreamError(code, reason, { ...place, cause, remedy });
}

/** abstract-level wraps the error that matters. */
function innermost(thrown: unknown): { readonly code: string | undefined; readonly message: string } {
  let error = thrown;
  while (error instanceof Error && error.cause instanceof Error) error = error.cause;
  const code = (error as { readonly code?: unknown } | null)?.code;
  return { code: typeof code === 'string' ? code : undefined, message: messageOf(error) };
}
