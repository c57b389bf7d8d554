import { lastValueFrom, of, take, toArray } from 'rxjs';
import { expect, test } from 'vitest';
import silentDevices, { beats, silences } from '../../examples/silent-devices.ts';
import { fromObservable, memoryLog, run, toObservable } from '../../src/index.ts';

test('a pause and a device that stopped are reported, each with the time of the last beat', async () => {
  await using job = await run(silentDevices, { log: memoryLog(), partitions: 1 });
  const found = lastValueFrom(toObservable(job, silences, { start: 'earliest' }).pipe(take(2), toArray()));
  const heartbeats = of({ device: 'a', at: 0 }, { device: 'b', at: 1_000 }, { device: 'a', at: 60_000 });
  await fromObservable(job, beats, heartbeats);
  expect(await found).toEqual([
    { device: 'a', since: 0 },
    { device: 'b', since: 1_000 },
  ]);
});
