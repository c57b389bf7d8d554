import { expect, test } from 'vitest';
import pageViews, { type PageView } from '../../examples/page-views.ts';
import { TopologyDriver } from '../../src/testing/index.ts';

test('people are counted, robots are not, and a count is told once a second, also after a crash', async () => {
  await using driver = await TopologyDriver.open(pageViews);
  const views = driver.input<PageView>('views');
  const counts = driver.output('counts');
  const view = (user: string, robot = false) => ({ user, page: '/', robot });

  await views.sendAll([view('ann'), view('ann'), view('hal', true)]);
  expect(counts.take()).toEqual([]);
  await driver.restart({ crash: true });
  await driver.clock.advance('1s');
  expect(counts.take()).toEqual([{ user: 'ann', views: 2 }]);

  await views.send(view('ann'));
  await driver.clock.advance('999ms');
  expect(counts.take()).toEqual([]);
  await driver.clock.advance('1ms');
  expect(counts.take()).toEqual([{ user: 'ann', views: 3 }]);
});
