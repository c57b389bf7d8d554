import { expect, test } from 'vitest';
import { CommitTimer } from '../../src/runtime/commit-timer.ts';

test('a commit is due soon after the first output, at the latest a while after the first change', () => {
  const timer = new CommitTimer({ intervalMs: 1_000, lingerMs: 10 });
  expect(timer.due).toBe(Infinity);
  timer.changed(100, false);
  timer.changed(500, false);
  expect(timer.due).toBe(1_100);
  timer.changed(600, true);
  timer.changed(605, true);
  expect(timer.due).toBe(610);
  timer.begun();
  expect(timer.clean).toBe(true);
  expect(timer.due).toBe(Infinity);
});
