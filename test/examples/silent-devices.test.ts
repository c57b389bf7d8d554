import { expect, test } from 'vitest';
import silentDevices from '../../examples/silent-devices.ts';
import { TopologyDriver } from '../../src/testing/index.ts';

test('a pause is reported when it ends, and a silence when time has passed, also after a crash', async () => {
  await using driver = await TopologyDriver.open(silentDevices);
  const beats = driver.input('beats');
  const silences = driver.output('silences');

  await beats.send({ device: 'a', at: 0 });
  await beats.send({ device: 'a', at: 60_000 });
  expect(silences.take()).toEqual([{ device: 'a', since: 0 }]);

  await driver.restart({ crash: true });
  await driver.clock.advance('34s'); // nothing comes: event time follows the clock, 5 s behind
  expect(silences.take()).toEqual([]);
  await driver.clock.advance('2s');
  expect(silences.take()).toEqual([{ device: 'a', since: 60_000 }]);
});
