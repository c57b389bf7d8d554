import { StreamError } from './stream-error.ts';

/** What `work` brings, unless the signal is aborted first: then its reason. `undo` gets what comes too late. */
export async function unlessAborted<T>(
  signal: AbortSignal,
  work: Promise<T>,
  undo: (late: T) => unknown = () => undefined,
): Promise<T> {
  let stop!: () => void;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => {
      reject(StreamError.from(signal.reason, 'ABORTED'));
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([aborted, work]);
  } catch (error) {
    if (signal.aborted) work.then(undo).catch(() => undefined); // nobody is left to hear of it
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
