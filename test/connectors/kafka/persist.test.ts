import { expect, test } from 'vitest';
import { persist } from '../../../src/connectors/kafka/persist.ts';
import { StreamError } from '../../../src/core/stream-error.ts';
import { codeOf } from '../../../src/testing/suites/log-suite-kit.ts';
import { ManualClock } from '../../../src/testing/manual-clock.ts';
import { inTime } from './scripted-transport.ts';

const unavailable = () => Promise.reject(new StreamError('LOG_UNAVAILABLE', 'not now'));

test('pauses grow from a millisecond to a quarter of a second', async () => {
  const clock = new ManualClock();
  const times: number[] = [];
  const work = persist({ clock, random: () => 1, budgetMs: 2_000 }, () => {
    times.push(clock.monotonic());
    return unavailable();
  });
  expect(await codeOf(inTime(clock, work))).toBe('LOG_UNAVAILABLE');
  const pauses = times.slice(1).map((time, i) => time - times[i]!);
  expect(pauses.slice(0, 3)).toEqual([1, 1.5, 2.25]);
  expect(Math.max(...pauses)).toBe(250);
  expect(times.at(-1)).toBeGreaterThanOrEqual(2_000);
  expect(times.at(-2)).toBeLessThan(2_000);
});

test('ends with the first success, and with the first failure that will not pass', async () => {
  const clock = new ManualClock();
  let tries = 0;
  const how = { clock, random: () => 1, budgetMs: 2_000 };
  const third = persist(how, () => (++tries < 3 ? unavailable() : Promise.resolve('there')));
  expect(await inTime(clock, third)).toBe('there');
  tries = 0;
  const second = persist(how, () =>
    ++tries < 2 ? unavailable() : Promise.reject(new StreamError('FENCED', 'another one')),
  );
  expect(await codeOf(inTime(clock, second))).toBe('FENCED');
});

test('stops when aborted, without another try', async () => {
  const clock = new ManualClock();
  const abort = new AbortController();
  let tries = 0;
  const work = persist({ clock, random: () => 1, budgetMs: 2_000, signal: abort.signal }, () => {
    tries++;
    return unavailable();
  });
  abort.abort(new RangeError('enough'));
  expect(await codeOf(inTime(clock, work))).toBe('enough');
  expect(tries).toBe(1);
});
