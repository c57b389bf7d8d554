import { distinctUntilChanged, filter, map, type Observable } from 'rxjs';
import { fromObservable } from '../src/index.ts';
import type { JobHandle, JobPhase, MetricReading } from '../src/index.ts';
import { beats, type Beat } from './silent-devices.ts';

/** Every change of phase, the current one first. */
export function phases(job: JobHandle): Observable<JobPhase> {
  return job.status$.pipe(
    map(({ phase }) => phase),
    distinctUntilChanged(),
  );
}

/** One number of the engine, about once a second. */
export function reading(job: JobHandle, name: string): Observable<number> {
  return job.metrics$.pipe(
    map((readings) => readings.filter((one: MetricReading) => one.name === name)),
    filter((found) => found.length > 0),
    map((found) => found.reduce((sum, { value }) => sum + value, 0)),
  );
}

/** For sensors that cannot wait: what does not fit is dropped and counted. Gives the number of dropped beats. */
export async function feedOrDrop(job: JobHandle, heartbeats: Observable<Beat>, bufferBytes: number): Promise<number> {
  let dropped = 0;
  await fromObservable(job, beats, heartbeats, {
    bufferBytes,
    overflow: 'drop',
    onDrop: () => dropped++,
    timestamp: (beat) => beat.at,
  });
  return dropped;
}
