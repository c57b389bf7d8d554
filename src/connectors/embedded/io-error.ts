import { messageOf, StreamError } from '../../core/stream-error.ts';

const unwritable = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST']);
const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** What the file system threw, as an error with a code and a remedy. */
export function ioError(thrown: unknown, path: string): StreamError {
  if (StreamError.is(thrown)) return thrown;
  const code = (thrown as NodeJS.ErrnoException).code ?? '';
  const reason = `${path} cannot be used: ${messageOf(thrown)}`;
  if (full.has(code)) {
    const remedy = 'Free space on that disk; the job goes on from its last commit.';
    return new StreamError('STATE_FULL', reason, { cause: thrown, reaction: 'rollback', remedy });
  }
  if (unwritable.has(code)) {
    const remedy = 'Give this user permission to write the folder, or name another folder.';
    return new StreamError('STATE_FULL', reason, { cause: thrown, remedy });
  }
  const remedy = 'Check the disk and the limits of the process (open files); the job goes on from its last commit.';
  return new StreamError('IO_FAILED', reason, { cause: thrown, reaction: 'rollback', remedy });
}

export function logCorrupt(path: string, reason: string): StreamError {
  return new StreamError('LOG_CORRUPT', `${path}: ${reason}`, {
    remedy:
      "Restore the folder from a backup or start with another folder. After a power loss use durability 'power'; otherwise check the disk.",
  });
}
