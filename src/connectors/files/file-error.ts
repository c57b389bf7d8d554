import { messageOf, StreamError } from '../../core/stream-error.ts';

/** What the file system threw about an input or output. Repeating would not help, so the job fails. */
export function fileError(thrown: unknown, path: string): StreamError {
  if (StreamError.is(thrown)) return thrown;
  return new StreamError('IO_FAILED', `${path}: ${messageOf(thrown)}`, {
    cause: thrown,
    remedy: 'Check the path, its permissions and the space on its disk.',
  });
}
