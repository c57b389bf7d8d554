import { filter, firstValueFrom, lastValueFrom, map, range, take, toArray } from 'rxjs';
import { expect, test } from 'vitest';
import { feedOrDrop, phases, reading } from '../../examples/observables.ts';
import silentDevices, { beats } from '../../examples/silent-devices.ts';
import { memoryLog, run, toObservable } from '../../src/index.ts';

test('phases begin with the current one and complete with the job', async () => {
  const job = await run(silentDevices, { log: memoryLog(), partitions: 1 });
  const seen = lastValueFrom(phases(job).pipe(toArray()));
  await firstValueFrom(phases(job).pipe(filter((phase) => phase === 'running')));
  await job.drain();
  const all = await seen;
  expect(all[0]).toBe('starting');
  expect(all).toContain('running');
  expect(all.slice(-2)).toEqual(['draining', 'stopped']);
});

test('a reading sums the numbers of a metric over its labels', async () => {
  await using job = await run(silentDevices, { log: memoryLog(), partitions: 2 });
  expect(await firstValueFrom(reading(job, 'millrace_restarts_total'))).toBe(0);
});

test('what does not fit into the buffer is dropped and counted, the rest arrives', async () => {
  await using job = await run(silentDevices, { log: memoryLog(), partitions: 1 });
  const burst = range(0, 1_000).pipe(map((at) => ({ device: 'a', at })));
  const dropped = await feedOrDrop(job, burst, 1_000);
  expect(dropped).toBeGreaterThan(0);
  expect(dropped).toBeLessThan(1_000);
  const kept = await firstValueFrom(
    toObservable(job, beats, { start: 'earliest' }).pipe(take(1_000 - dropped), toArray()),
  );
  expect(kept.map(({ at }) => at)).toEqual(kept.map((_, index) => index));
});
