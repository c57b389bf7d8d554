import type { Observable } from 'rxjs';
import { embedded, fromObservable, run, StreamError, toObservable } from '../src/index.ts';
import type { JobStatus } from '../src/index.ts';
import silentDevices, { beats, silences, type Beat, type Silence } from './silent-devices.ts';

export interface Watch {
  /** Folder of log and state. */
  readonly folder: string;
  readonly heartbeats: Observable<Beat>;
  readonly onSilence: (silence: Silence) => void;
  readonly onStatus: (status: JobStatus) => void;
  readonly signal: AbortSignal;
}

/** Runs the job inside of a program until `heartbeats` completes or `signal` is aborted. */
export async function watch({ folder, heartbeats, onSilence, onStatus, signal }: Watch): Promise<void> {
  const job = await run(silentDevices, { log: embedded(folder), partitions: 1, signal });
  job.status$.subscribe(onStatus);
  const reading = toObservable(job, silences, { start: 'earliest' }).subscribe({
    next: onSilence,
    error: (error: unknown) => {
      if (!StreamError.is(error) || error.code !== 'LOG_CLOSED') throw error; // closed: the job has ended
    },
  });
  try {
    await fromObservable(job, beats, heartbeats, { timestamp: (beat) => beat.at, signal });
    await job.drain();
  } finally {
    reading.unsubscribe();
    await job.close();
  }
}
